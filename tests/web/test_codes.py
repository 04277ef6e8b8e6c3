"""The codes on the page: read off the screen, accepted by a desk, and there without a network."""

import io
from datetime import UTC, datetime, timedelta

import pytest
import zxingcpp
from PIL import Image

from loyalty_desk.desk.identify import key_list
from sync.programme import member_token, voucher_token
from sync.programme.member_token import TokenKind
from sync.server.office.documents import rulebook
from sync.server.office.reservation_rows import open_reservations
from tests.web.club import ECOBAG, MARINA, NOW, PINHEIROS, club, give_points, open_club, put_aside

SKEW = timedelta(seconds=60)
QR = "svg.qr"


@pytest.fixture(autouse=True)
def _marina(office):
    open_club(office, club(office))
    give_points(office, {"2027-11-30": 3_533}, leased=900)


def scanned(page) -> str:
    """The digits that a reader sees in a picture of the page."""
    picture = Image.open(io.BytesIO(page.screenshot()))
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return found[0].text if found else ""


def instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def standing_still(open_page, place: str):
    """A page that was opened at NOW, whose time goes on only when it is told to."""
    page = open_page(path="account")
    page.clock.install(time=instant(NOW - 60_000))
    page.clock.pause_at(instant(NOW))
    page.goto(page.url.replace("account", place))
    return page


def document(office):
    with office.database.read() as connection:
        return rulebook(connection).in_force(NOW)


def read_code(office, digits: str, at: int):
    known = document(office)
    return member_token.read(
        digits, programme=known.programme, keys=key_list(known), now=instant(at), skew=SKEW
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_desk_takes_the_code_off_the_screen(office, open_page, theme):
    token = read_code(office, scanned(open_page(theme=theme)), NOW)

    assert token.kind is TokenKind.PHONE
    assert token.life == 90
    assert token.issued_at == instant(NOW)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_desk_takes_the_voucher_off_the_screen(office, open_page, theme):
    put_aside(office, at=NOW, keep_until=NOW + 86_400_000)
    digits = scanned(open_page("rewards", theme=theme))

    known = document(office)
    token = voucher_token.read(
        digits, programme=known.programme, keys=key_list(known), now=instant(NOW), skew=SKEW
    )
    assert (token.member, token.store, token.reward) == (MARINA, PINHEIROS, ECOBAG)
    assert (token.points, token.minutes) == (900, 10)
    with office.database.read() as connection:
        [held] = open_reservations(connection, MARINA)
    assert held.ends_at == NOW + 600_000


def test_a_fresh_code_comes_every_minute_and_none_twice(office, open_page):
    page = standing_still(open_page, "")
    page.context.set_offline(True)  # what comes now came with the page

    seen = []
    for minute in range(10):
        digits = scanned(page)
        assert read_code(office, digits, NOW + minute * 60_000).kind is TokenKind.PHONE
        seen.append(digits)
        page.clock.run_for(60_000)
    assert len(set(seen)) == 10


def test_the_seconds_count_down(open_page):
    page = standing_still(open_page, "")
    said = page.locator("[data-countdown]")

    page.clock.run_for(18_000)
    assert said.inner_text() == "Novo código em 42 s"
    page.clock.run_for(43_000)
    assert said.inner_text() == "Novo código em 59 s"


def test_a_phone_without_a_network_says_when_its_codes_have_ended(office, open_page):
    page = standing_still(open_page, "")
    page.context.set_offline(True)

    page.clock.run_for(10 * 60_000 - 2_000)
    assert "gone" not in page.locator(".paper").get_attribute("class")
    page.clock.run_for(4_000)
    assert "gone" in page.locator(".paper").get_attribute("class")
    assert page.locator("[data-countdown]").inner_text() == (
        "Código vencido. Conecte para receber outro."
    )
    assert scanned(page) == ""


def test_new_codes_are_fetched_as_soon_as_there_is_a_network(office, served, open_page):
    page = standing_still(open_page, "")
    page.context.set_offline(True)
    page.clock.run_for(11 * 60_000)

    served.clock.now = NOW + 11 * 60_000
    page.context.set_offline(False)
    with page.expect_response("**/m/codes"):
        page.clock.run_for(1_000)
    page.clock.run_for(1_000)
    page.locator(".paper:not(.gone)").wait_for()
    assert read_code(office, scanned(page), served.clock.now).issued_at == instant(served.clock.now)


def test_a_voucher_is_renewed_before_it_ends(office, served, open_page):
    put_aside(office, at=NOW, keep_until=NOW + 86_400_000)
    page = standing_still(open_page, "rewards")
    first = scanned(page)

    served.clock.now = NOW + 300_000
    with page.expect_response("**/m/voucher?of=*"):
        page.clock.run_for(300_000)
    known = document(office)
    second = scanned(page)
    assert second != first
    token = voucher_token.read(
        second,
        programme=known.programme,
        keys=key_list(known),
        now=instant(served.clock.now),
        skew=SKEW,
    )
    assert token.issued_at == instant(served.clock.now)


def test_a_voucher_that_could_not_be_renewed_fades_at_its_end(office, open_page):
    put_aside(office, at=NOW, keep_until=NOW + 86_400_000)
    page = standing_still(open_page, "rewards")
    page.context.set_offline(True)

    page.clock.run_for(5 * 60_000)
    assert scanned(page)
    page.clock.run_for(10 * 60_000)
    page.wait_for_selector(".paper.gone")
    assert scanned(page) == ""


def test_the_page_works_without_its_script(office, open_page):
    page = open_page(java_script_enabled=False)

    assert read_code(office, scanned(page), NOW).kind is TokenKind.PHONE
    assert page.locator("meta[http-equiv=refresh]").get_attribute("content") == "60"
