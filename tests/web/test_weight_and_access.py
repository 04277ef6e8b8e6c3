"""The first page is light, and everybody can use every page: by touch, by keyboard, by ear."""

import re

import pytest

from tests.web.club import MARINA, NOW, club, give_points, open_club, purchase, put_aside
from tests.web.reading import read

FIRST_LOAD_MAX = 60_000
PATHS = ("", "rewards", "statement", "missions", "account", "notices", "help", "reserve?reward=1")
STRANGERS = ("sign-in", "code")
SIZES = [
    {"width": 360, "height": 640},
    {"width": 390, "height": 844},
    {"width": 1280, "height": 800},
]

HARD = """() => {
  const faults = [];
  const shown = (el) => el.getClientRects().length && el.type !== "hidden";
  const name = (el) => (el.getAttribute("aria-label") || el.innerText
    || (el.id && document.querySelector(`label[for="${el.id}"]`)?.innerText) || "").trim();
  const places = [];
  for (const el of document.querySelectorAll("a,button,input,summary")) {
    if (!shown(el)) continue;
    if (!name(el)) faults.push(`${el.outerHTML.slice(0, 80)} has no name`);
    const box = el.getBoundingClientRect();
    const wide = el.closest("p") && el.tagName === "A" ? 24 : 44;
    if (box.height < 43.5 || box.width < Math.min(wide, 24)) {
      faults.push(`${name(el)} is ${box.width} x ${box.height}`);
    }
    places.push([el, box]);
  }
  for (const svg of document.querySelectorAll("svg")) {
    const named = svg.getAttribute("role") === "img" && svg.getAttribute("aria-label");
    if (!named && svg.getAttribute("aria-hidden") !== "true") faults.push("an icon is read aloud");
  }
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  if (!document.title) faults.push("no title");
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
  const ids = [...document.querySelectorAll("[id]")].map((el) => el.id);
  if (new Set(ids).size !== ids.length) faults.push("an id twice");
  if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the screen");
  return faults;
}"""

GROUNDS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const el = node.parentElement;
    if (!node.data.trim() || !el.checkVisibility() || el.closest("noscript")) continue;
    let ground = el;
    while (ground && getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") {
      ground = ground.parentElement;
    }
    const style = getComputedStyle(ground || document.body).backgroundColor;
    found.push([node.data.trim(), getComputedStyle(el).color, style]);
  }
  return found;
}"""


@pytest.fixture(autouse=True)
def _marina(office):
    rules = open_club(office, club(office))
    give_points(office, {"2026-11-30": 320, "2027-11-30": 3_213}, leased=900)
    purchase(office, rules)
    put_aside(office, at=NOW, keep_until=NOW + 86_400_000)


def test_the_first_page_with_its_code_is_at_most_60_kb(browser, served):
    """Every byte of the bodies that come over the wire: page, style, script, font, icon."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="pt-BR")
    context.add_cookies([served.cookie_for(MARINA)])
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    loaded: dict[str, float] = {}
    came = []
    session.on("Network.responseReceived", lambda e: came.append(e["response"]["url"]))
    session.on(
        "Network.loadingFinished",
        lambda e: loaded.__setitem__(e["requestId"], e["encodedDataLength"]),
    )
    page.goto(served.at(""))
    page.evaluate("document.fonts.ready")
    page.wait_for_load_state("networkidle")
    context.close()

    # The length that the browser tells contains the headers too.
    assert {url.rsplit(".", 1)[-1] for url in came} >= {"css", "js", "woff2"}
    assert 30_000 < sum(loaded.values()) <= FIRST_LOAD_MAX, loaded


def pages(open_page, **options):
    """Every page in turn, in one browser for members and one for strangers: (path, page)."""
    for paths, member in ((PATHS, {}), (STRANGERS, {"member": 0})):
        page = open_page(paths[0], **member, **options)
        start = page.url.removesuffix(paths[0])
        for path in paths:
            page.goto(start + path)
            page.evaluate("document.fonts.ready")
            yield path, page


@pytest.mark.parametrize("locale", ["pt-BR", "en"])
def test_every_page_can_be_used_by_everybody(open_page, locale):
    faults = []
    for path, page in pages(open_page, locale=locale):
        for size in SIZES:
            page.set_viewport_size(size)
            texts = read(page)["texts"]
            faults += [(path, size["width"], fault) for fault in page.evaluate(HARD)]
            faults += [(path, size["width"], t["text"]) for t in texts if t["covered"]]
            faults += [(path, size["width"], t["text"]) for t in texts if t["px"] < 12]
    assert faults == []


def test_twice_as_large_a_text_is_still_there(open_page):
    wide = [
        path
        for path, page in pages(open_page, viewport={"width": 195, "height": 422})
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    ]
    assert wide == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(open_page, theme):
    """WCAG 2.2, 1.4.3: 4.5 to 1, measured on what is painted behind each text."""
    faint = [
        (path, text, contrast(color, ground))
        for path, page in pages(open_page, theme=theme)
        for text, color, ground in page.evaluate(GROUNDS)
        if contrast(color, ground) < 4.5
    ]
    assert faint == []


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_focus_can_be_seen(open_page):
    page = open_page("sign-in", member=0)
    page.keyboard.press("Tab")

    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert float(outline.removesuffix("px")) >= 2
    assert page.locator("#who").get_attribute("autocomplete") == "username"
