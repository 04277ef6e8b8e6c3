"""What strangers, other sites and hostile words find: nothing."""

import itertools
import re
import statistics
import time

import httpx
import pytest
from litestar.routes import HTTPRoute

from sync.server.api.application import application
from sync.server.office.documents import publish
from sync.server.office.sign_in import TRIES
from sync.server.web.letters import Letter
from sync.server.web.routes import member_pages
from sync.server.web.site import HEADERS, POLICY, Site, neighbourhood
from sync.server.web.visits import preferred
from tests.server.line import plain_http
from tests.web.club import (
    EMAIL,
    MARINA,
    NOW,
    club,
    give_points,
    open_club,
    purchase,
    put_aside,
    redemption,
    renamed,
)
from tests.web.serving import serving

HOSTILE = (
    "<script>document.title='owned'</script>",
    "\"><img src=x onerror=document.title='owned'>",
    "'-document.title='owned'-'",
    "{{ 7*7 }}{% raw %}",
    "javascript:document.title='owned'",
    "</svg><svg onload=document.title='owned'>",
    '=HYPERLINK("http://evil")',
    "\u202eevil\u2066 Ṫ̷̈ 👩‍👩‍👧 Zalgo",
    "A" * 300,
)
PATHS = ("", "rewards", "statement", "missions", "account", "notices", "help", "reserve?reward=1")


@pytest.fixture(autouse=True)
def rules(office):
    rules = open_club(office, club(office))
    give_points(office, {"2027-11-30": 3_533}, leased=900)
    return rules


def client(served, *, member: int = 0, **options) -> httpx.Client:
    browser = plain_http(served.url, trust_env=False, **options)
    if member:
        cookie = served.cookie_for(member)
        browser.cookies.set(cookie["name"], cookie["value"])
    return browser


def token_in(answer: httpx.Response) -> str:
    return re.search(r'name="token" value="([^"]+)"', answer.text)[1]


def routes(office):
    """Every route below /m: its path and its methods."""

    async def nobody(letter: Letter) -> None:
        raise AssertionError

    app = application(
        office, lambda: NOW, pages=[member_pages(office, lambda: NOW, Site(), nobody)]
    )
    return [
        (route.path, method)
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/m")
        for method in sorted(route.methods)
    ]


@pytest.mark.parametrize("member", [0, MARINA], ids=["stranger", "member"])
def test_every_route_bears_every_header(office, served, member):
    known = routes(office)
    assert len(known) > 20
    with client(served, member=member) as browser:
        for path, method in known:
            answer = browser.request(method, path.replace("{rest:path}", "no/such"))
            for name, value in HEADERS.items():
                assert answer.headers[name] == value, (path, method, name)
            assert answer.headers["cache-control"] == "no-store", (path, method)
            assert "server" not in answer.headers


def test_the_policy_names_nothing_but_this_server():
    said = dict(part.split(" ", 1) for part in POLICY.split("; "))

    assert said["default-src"] == "'none'"
    assert said["frame-ancestors"] == "'none'"
    assert set(said.values()) == {"'none'", "'self'"}


def test_files_may_be_kept_for_ever_because_their_names_change(served):
    with client(served) as browser:
        page = browser.get("/m/sign-in").text
        for address in re.findall(r'"(/m/files/[^"]+)"', page):
            answer = browser.get(address)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["content-security-policy"] == POLICY
        assert browser.get("/m/files/member-000.css").status_code == 404
        assert browser.get("/m/files/..%2f..%2fi18n").status_code == 404


def test_no_page_holds_a_style_or_script_of_its_own(served):
    with client(served, member=MARINA) as browser:
        for path in PATHS:
            page = browser.get(f"/m/{path}").text
            assert not re.search(r"<[^>]+\s(style|on\w+)=", page), path
            assert re.findall(r"<script(?![^>]* src=)", page) == [], path
            assert "<style" not in page
            assert not re.search(r'(src|href)="(?!/m/|/m$)', page), path


def test_the_templates_let_nothing_through_but_icons():
    from sync.paths import resources

    for file in (resources() / "web" / "templates").glob("*.html"):
        for line in file.read_text(encoding="utf-8").splitlines():
            for found in re.finditer(r"\{\{([^}]*)\|\s*safe", line):
                assert found[1].strip().startswith("icon("), f"{file.name}: {line}"
            assert "autoescape" not in line


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_words(office, served, open_page, rules, words):
    """Written into every place where a person or a shop may write."""
    with office.database.write() as connection:
        from sync.server.store.tables import members

        connection.execute(members.update().values(display_name=words))
        hostile = renamed(club(office, number=2), words)
        publish(connection, office.keys, hostile, now=NOW)
    purchase(office, rules)
    redemption(office, 2, 400, at=NOW - 60_000)
    put_aside(office, at=NOW, keep_until=NOW + 86_400_000)
    page = open_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)

    for path in PATHS:
        page.goto(served.at(path))
        assert page.title() != "owned"
        assert page.locator("img,iframe,object,embed").count() == 0
        assert page.evaluate("document.scripts.length") == 1
        assert page.locator("[onerror],[onload],a[href^=javascript]").count() == 0
    assert faults == []
    page.goto(served.at("account"))
    assert page.locator(".kname").first.inner_text() == " ".join(words.split())


def test_a_table_holds_no_formula(office, served, rules):
    with office.database.write() as connection:
        hostile = renamed(club(office, number=2), "=1+1")
        publish(connection, office.keys, hostile, now=NOW)
    redemption(office, 2, 400, at=NOW - 60_000)
    with client(served, member=MARINA) as browser:
        rows = browser.get("/m/statement.csv").text.splitlines()

    assert rows[1].endswith(",'=1+1,'=1+1,-400")


ACTS = ("reserve", "move", "cancel", "consent", "sign-out", "sign-in", "code", "language")


def test_another_site_cannot_send_a_form(served):
    with client(served, member=MARINA) as browser:
        token = token_in(browser.get("/m/account"))
        origins = (
            None,
            "null",
            "https://evil.example",
            served.url.replace("127.0.0.1", "localhost"),
        )
        for act, origin in itertools.product(ACTS, origins):
            headers = {"Origin": origin} if origin else {}
            answer = browser.post(f"/m/{act}", data={"token": token}, headers=headers)
            assert answer.status_code == 403, (act, origin)


def test_a_form_without_this_browsers_token_is_refused(served):
    with client(served, member=MARINA, headers={"Origin": served.url}) as browser:
        for act, token in itertools.product(ACTS, (b"", b"x", b"\xc3\xa9\xed\xb2\x80", None)):
            fields = {} if token is None else {"token": token}
            assert browser.post(f"/m/{act}", data=fields).status_code == 403, (act, token)


def test_the_token_of_another_browser_is_none(served):
    with client(served, member=MARINA) as one, client(served, member=MARINA) as other:
        token = token_in(one.get("/m/account"))
        headers = {"Origin": served.url}
        assert other.post("/m/sign-out", data={"token": token}, headers=headers).status_code == 403
        assert one.post("/m/sign-out", data={"token": token}, headers=headers).status_code == 303


def test_a_form_is_a_form(served):
    with client(served, member=MARINA, headers={"Origin": served.url}) as browser:
        token = token_in(browser.get("/m/account"))
        assert browser.post("/m/sign-out", json={"token": token}).status_code == 403
        assert browser.post("/m/sign-out", files={"token": token}).status_code == 403
        large = {"token": token, "x": "x" * 20_000}
        assert browser.post("/m/sign-out", data=large).status_code == 413


def test_nobody_gets_in_without_a_session(office, served):
    with client(served) as browser:
        for path, method in routes(office):
            if method != "GET" or "{" in path or path in ("/m/sign-in", "/m/code"):
                continue
            answer = browser.request(method, path)
            assert answer.headers.get("location") == "/m/sign-in", path


def test_a_cookie_that_this_server_did_not_write_is_nobodys(served):
    with client(served) as browser:
        for cookie in ("", "x", "a" * 43, "é", "=" * 44, "a" * 9_000):
            headers = {"Cookie": f"visitor={cookie}".encode()}
            assert browser.get("/m/", headers=headers).status_code in (303, 400, 431), cookie


NOWHERE = (
    "reserve",
    "reserve?reward=x",
    "reserve?reward=999",
    "reserve?reward=1&reward=2",
    "move?of=" + "0" * 16,
    "move?of=zz",
    "voucher?of=" + "f" * 16,
    "statement?after=1",
    "statement?after=1-zz-3",
    "statement?after=-1-00-3",
    f"statement?after={1 << 70}-{'00' * 16}-0",
    "statement?show=%00",
    "no/such/page",
)


def test_an_address_that_means_nothing_says_so(served):
    with client(served, member=MARINA) as browser:
        for path in NOWHERE:
            assert browser.get(f"/m/{path}").status_code in (200, 404), path


def test_a_host_that_is_not_this_machine_is_answered_nothing(served):
    with client(served, member=MARINA) as browser:
        for host in ("evil.example", "127.0.0.1.evil.example", "[::1", ""):
            answer = browser.get("/m/account", headers={"Host": host})
            assert answer.status_code in (400, 421), host
            assert "Marina" not in answer.text


def test_a_public_site_is_reached_over_tls_alone(office):
    site = Site("https://club.example")
    with serving(office, NOW, site=site) as served, client(served) as browser:
        answer = browser.get("/m/sign-in", headers={"Host": "club.example"})
        assert browser.get("/m/sign-in").status_code == 421

        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-visitor=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        headers = {"Host": "club.example", "Cookie": cookie.split(";")[0]}
        fields = {"token": token_in(answer), "who": EMAIL}
        plain = browser.post(
            "/m/sign-in", data=fields, headers={**headers, "Origin": "http://club.example"}
        )
        own = browser.post(
            "/m/sign-in", data=fields, headers={**headers, "Origin": "https://club.example"}
        )
        assert (plain.status_code, own.status_code) == (403, 303)


@pytest.mark.parametrize(
    "address", ["http://club.example", "https://", "club.example", "https://club.example/m"]
)
def test_an_address_that_is_no_place_for_members_is_refused(address):
    with pytest.raises(ValueError, match="no address"):
        Site(address)


def ask(browser, served, who: str) -> httpx.Response:
    token = token_in(browser.get("/m/sign-in"))
    headers = {"Origin": served.url}
    return browser.post("/m/sign-in", data={"token": token, "who": who}, headers=headers)


@pytest.mark.parametrize("who", [EMAIL, "nobody@example.com"])
def test_asking_too_often_has_to_wait(served, who):
    with client(served) as browser:
        for _ in range(TRIES):
            assert ask(browser, served, who).status_code == 303
        answer = ask(browser, served, who)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 900
    assert "Tentativas demais" in answer.text


def test_guessing_too_often_has_to_wait(served):
    with client(served) as browser:
        ask(browser, served, EMAIL)
        token = token_in(browser.get("/m/code"))
        headers = {"Origin": served.url}
        sent = [
            browser.post("/m/code", data={"token": token, "code": "0"}, headers=headers)
            for _ in range(TRIES + 1)
        ]

    assert [answer.status_code for answer in sent] == [422] * TRIES + [429]


def test_a_member_is_not_told_from_a_stranger_by_the_time_it_takes(served):
    """Forty of each, in turn, each from an address of its own; medians within a third or 5 ms."""
    times = {EMAIL: [], "x@example.com": []}
    with client(served) as browser:
        token = token_in(browser.get("/m/sign-in"))
        for n in range(40):
            # In turn, since the first one after a while sweeps up what has ended.
            for who, taken in sorted(times.items(), reverse=n % 2):
                served.clock.now = NOW + n * 16 * 60_000
                headers = {"Origin": served.url, "X-Forwarded-For": f"10.0.{n}.{len(who)}"}
                begun = time.perf_counter()
                answer = browser.post(
                    "/m/sign-in", data={"token": token, "who": who}, headers=headers
                )
                taken.append(time.perf_counter() - begun)
                assert answer.status_code == 303
    member, stranger = (statistics.median(taken) for taken in times.values())
    assert abs(member - stranger) < max(0.3 * stranger, 0.005)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("testclient", "testclient"),
    ],
)
def test_an_address_is_counted_by_the_net_that_one_customer_has(address, counted):
    assert neighbourhood(address) == counted


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "pt_BR"),
        ("en", "en"),
        ("de,en;q=0.5", "en"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt_BR"),
        ("en;q=0.3,pt;q=0.7", "pt_BR"),
        ("en;q=x", "pt_BR"),
        ("*", "pt_BR"),
    ],
)
def test_a_browsers_wish_decides_the_language(accepted, language):
    assert preferred(accepted) == language


def test_a_fault_tells_nothing_and_bears_every_header(office, served, caplog):
    office.database.close()
    with office.database.writing.begin() as connection:
        connection.exec_driver_sql("DROP TABLE web_sessions")
    with plain_http(served.url, trust_env=False) as browser:
        browser.cookies.set("visitor", "A" * 43)
        answer = browser.get("/m/account")

    assert answer.status_code == 500
    assert "web_sessions" not in answer.text
    assert answer.headers["content-security-policy"] == POLICY
