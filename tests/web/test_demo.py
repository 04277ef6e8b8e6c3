"""The demo's server as it is started: it says where the page is, and the codes on its console."""

import re

import pytest

from sync.server.__main__ import main
from tests.live_server import live_server
from tests.server.line import plain_http


def test_marina_signs_in_with_the_code_on_the_console(tmp_path):
    with (
        live_server(tmp_path) as server,
        plain_http(server.url, trust_env=False, follow_redirects=True) as browser,
    ):
        door = browser.get("/m/")
        token = re.search(r'name="token" value="([^"]+)"', door.text)[1]
        headers = {"Origin": server.url}
        fields = {"token": token, "who": "marina@example.com"}
        asked = browser.post("/m/sign-in", data=fields, headers=headers)
        word, code, to = server.process.stdout.readline().split()
        home = browser.post("/m/code", data={"token": token, "code": code}, headers=headers)

        assert (word, to) == ("sign-in", "m••••@example.com")
        assert asked.url.path == "/m/code"
        assert "Oi, Marina" in home.text
        for path in ("rewards?show=all", "statement", "missions", "account", "notices", "codes"):
            assert browser.get(f"/m/{path}").status_code == 200


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--public-url", "http://club.example"),
        ("--public-url", "https://club.example/m"),
        ("--smtp", "mail.example"),
        ("--smtp", ":25"),
    ],
)
def test_an_address_that_is_none_is_told_at_once(option, value, capsys):
    with pytest.raises(SystemExit):
        main(["serve", "--data", "x", option, value])

    assert f"argument {option}: not of the form" in capsys.readouterr().err
