"""How codes travel: over SMTP to a real mail server, or to the console, and nowhere else."""

import asyncio
import email
import email.policy
import logging
import socket

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Taking

from sync.server.office.sign_in import Recipient
from sync.server.web.letters import Post, by_console, by_post, letter

MARINA = Recipient(name="Marina Alves", email="marina@example.com", phone="11973514417")


class Box(Taking):
    """A mail server's box."""

    def __init__(self):
        super().__init__()
        self.taken = []

    def handle_message(self, message):
        self.taken.append(email.message_from_bytes(message.as_bytes(), policy=email.policy.default))


@pytest.fixture
def box():
    box = Box()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


def written(to=MARINA, language="pt_BR"):
    return letter(to, "123456", club="Clube Jatobá", language=language)


def post(port: int) -> Post:
    return Post(host="127.0.0.1", port=port, sender="Clube Jatobá <clube@example.org>")


def test_a_letter_arrives_with_its_code(box):
    asyncio.run(by_post(post(box.port))(written()))

    [taken] = box.taken
    assert taken["To"] == "marina@example.com"
    assert taken["From"] == "Clube Jatobá <clube@example.org>"
    assert taken["Subject"] == "123456 é o seu código do Clube Jatobá"
    assert taken["Auto-Submitted"] == "auto-generated"
    assert taken["Message-ID"].endswith("@example.org>")
    assert "Oi, Marina." in taken.get_content()
    assert "123456" in taken.get_content()


def test_a_letter_speaks_the_language_of_the_page():
    assert "Hi Marina" in written(language="en").text


def test_who_told_no_email_gets_no_letter(box):
    nobody = Recipient(name="Rute", email="", phone="11999402275")
    asyncio.run(by_post(post(box.port))(written(nobody)))

    assert box.taken == []


def test_a_name_cannot_write_another_header(box):
    evil = Recipient(name="Eve\r\nBcc: all@example.com", email="eve@example.com", phone="")
    asyncio.run(by_post(post(box.port))(written(evil)))

    [taken] = box.taken
    assert taken["Bcc"] is None


def test_a_mail_server_that_is_away_is_told_of_without_the_code(caplog):
    with caplog.at_level(logging.DEBUG):
        asyncio.run(by_post(post(1))(written()))

    said = caplog.text
    assert "a letter could not be posted" in said
    for secret in ("123456", "marina"):
        assert secret not in said.replace("127.0.0.1", "")


@pytest.mark.parametrize(
    ("to", "told"),
    [
        (MARINA, "123456 m••••@example.com"),
        (Recipient(name="R", email="", phone="11999402275"), "123456 (11) 9••••-2275"),
        (Recipient(name="R", email="", phone=""), "123456 "),
    ],
)
def test_the_console_is_told_the_code_and_to_whom_in_part(to, told):
    said = []
    asyncio.run(by_console(lambda word, value: said.append((word, value)))(written(to)))

    assert said == [("sign-in", told)]


def test_a_letter_shows_nothing_of_itself():
    assert "123456" not in repr(written())
