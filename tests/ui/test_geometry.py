"""Each screen stands as drawn, and nothing is cut, covered or too small at any size.

The six drawn screens are compared with their targets, light and dark; every story is then audited
at three sizes in both languages.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from loyalty_desk.ui import theme
from loyalty_desk.ui.shell.page import Shell
from loyalty_desk.ui.visit.amount_card import AmountNoticeRow
from loyalty_desk.ui.widgets.field import Field
from loyalty_desk.ui.widgets.page import Page
from loyalty_desk.ui.widgets.scroll import Scrolled
from sync import i18n
from tests.ui import geometry, stories, stories_idle, target
from tests.ui.recorder import record

ROOT = Path(__file__).parents[2]
DESIGN_SIZE = (1366, 768)
SIZES = [(1024, 768), DESIGN_SIZE, (1920, 1080)]
TOUCH_PX = 44
HEAD_PX = 60  # above the tiles of the rewards

Build = Callable[[], Shell]


def _visit(name: str) -> Build:
    return lambda: stories.story(name)


DRAWN: dict[str, Build] = {
    **stories_idle.DRAWN,
    **{name: _visit(name) for name in stories.STORIES if name[:2].isdigit()},
}
STORIES: dict[str, Build] = {
    **DRAWN,
    **stories_idle.OTHERS,
    **{name: _visit(name) for name in stories.STORIES if name not in DRAWN},
    **{name: _visit(name) for name in stories.CROWDED},
}


@pytest.fixture(autouse=True)
def _portuguese_and_light(qapp: QApplication) -> Iterator[None]:
    """Each test starts and leaves the process in the same language and theme."""
    i18n.speak("pt_BR")
    _wear(qapp, "light")
    yield
    i18n.speak("pt_BR")
    _wear(qapp, "light")


@pytest.fixture
def show(qapp: QApplication) -> Iterator[Callable[[Build, tuple[int, int]], Shell]]:
    """Shows a story at a size, its layouts settled and its focus at home."""
    kept: list[Shell] = []

    def shown(build: Build, size: tuple[int, int]) -> Shell:
        shell = build()
        kept.append(shell)
        shell.resize(*size)
        shell.show()
        shell.activateWindow()
        for _pass in range(4):  # nested layouts settle by posted events
            qapp.processEvents()
        next(page for page in shell.findChildren(Page) if page.isVisible()).go_home()
        qapp.processEvents()
        assert (shell.width(), shell.height()) == size, "the screen does not fit this size"
        return shell

    yield shown
    for shell in kept:
        shell.close()
        shell.deleteLater()
    # A change of theme visits every widget alive, so none may be left for later.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _wear(app: QApplication, name: str) -> None:
    """Install a theme, unless it is worn already: each change polishes every widget."""
    if not app.styleSheet() or theme.active().name != name:
        theme.install(app, name)


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("screen", list(DRAWN))
def test_a_screen_stands_as_drawn(screen, name, show, qapp):
    _wear(qapp, name)
    wanted = target.load(screen, name)
    misses = geometry.compare(record(show(DRAWN[screen], DESIGN_SIZE)), wanted)
    verdict = geometry.settle(misses, screen, name, wanted.count)
    assert verdict.holds, f"\n{verdict}"


@pytest.mark.parametrize("language", ["pt_BR", "en"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
@pytest.mark.parametrize("name", list(STORIES))
def test_nothing_is_cut_covered_or_too_small(name, size, language, show):
    i18n.speak(language)
    shell = show(STORIES[name], size)
    faults = [str(miss) for miss in geometry.audit(record(shell))]
    faults += hard_to_hit(shell)
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize("language", ["pt_BR", "en"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
@pytest.mark.parametrize("name", [*stories.STORIES, *stories.CROWDED])
def test_what_is_said_of_the_amount_and_the_head_of_the_rewards_are_never_shortened(
    name, size, language, show
):
    i18n.speak(language)
    page = show(STORIES[name], size).page("visit")
    shortened = [
        text.words
        for part in (*page.purchase.findChildren(AmountNoticeRow), page.rewards)
        if part.isVisible()
        for text in record(part).texts
        if text.words.endswith("…") and (part is not page.rewards or text.baseline < HEAD_PX)
    ]
    assert shortened == []


# Letters at 130, 150 and 200 % of a 1366×768 screen: the same window with fewer logical pixels.
LARGE = [(1051, 591), (911, 512), (683, 384)]
# At 200 % these two of the enrolment still have less room than their words need.
TOO_LOW = {"05 crowded", "05 reading"}
LARGE_STORIES = [
    (name, size)
    for name in (*stories_idle.DRAWN, *stories_idle.OTHERS)
    for size in LARGE
    if size != LARGE[-1] or name not in TOO_LOW
]


@pytest.mark.parametrize(("name", "size"), LARGE_STORIES, ids=str)
def test_large_letters_scroll_and_never_overlap(name, size, show):
    shell = show(STORIES[name], size)
    faults = [str(miss) for miss in geometry.audit(record(shell)) if "written over" in miss.why]
    assert not faults, "\n" + "\n".join(faults)
    for scroll in shell.findChildren(Scrolled):
        assert not scroll.isVisible() or scroll.horizontalScrollBar().maximum() == 0


def test_with_large_letters_the_first_that_was_found_is_in_sight(show):
    words = record(show(STORIES["01 search"], LARGE[-1])).texts
    name = next(text for text in words if text.words == "Marina Alves" and text.x < 300)
    assert name.baseline < LARGE[-1][1] - 70


# Where the grid of rewards has pages it says so. A wide window has room for the last entries of a
# member: that is another drawing, so its words are not measured against this one.
PAGING = re.compile(r"\d+ de \d+|Ver mais \d+")
OTHER_SIZES = [
    *((screen, SIZES[0]) for screen in DRAWN),
    *((screen, SIZES[2]) for screen in stories_idle.DRAWN),
]


@pytest.mark.parametrize(("screen", "size"), OTHER_SIZES, ids=str)
def test_another_size_adds_no_words_to_a_screen(screen, size, show):
    known = " ".join(text.words for text in target.load(screen, "light").texts)
    painted = [words.rstrip("…").strip() for words in record(show(DRAWN[screen], size)).words()]
    strange = [words for words in painted if words not in known and not PAGING.fullmatch(words)]
    assert strange == []


@pytest.mark.parametrize("screen", list(DRAWN))
def test_another_language_adds_no_icons_to_a_screen(screen, show):
    portuguese = len(record(show(DRAWN[screen], DESIGN_SIZE)).pictures)
    i18n.speak("en")
    assert len(record(show(DRAWN[screen], DESIGN_SIZE)).pictures) <= portuguese


def hard_to_hit(shell: Shell) -> list[str]:
    """What is smaller than a finger, outside the window, or under another target."""
    targets = {id(found): found for found in map(_target, _interactive(shell))}
    places = [(widget, _place(widget, shell)) for widget in targets.values()]
    faults = []
    for widget, place in places:
        name = f"{type(widget).__name__} '{_name(widget)}' {place.getRect()}"
        if place.width() < TOUCH_PX or place.height() < TOUCH_PX:
            faults.append(f"{name} is smaller than {TOUCH_PX} px")
        if not shell.rect().contains(place):
            faults.append(f"{name} is outside the window")
        if not _name(widget):
            faults.append(f"{name} has no name")
    for at, (widget, place) in enumerate(places):
        for other, there in places[at + 1 :]:
            nested = widget.isAncestorOf(other) or other.isAncestorOf(widget)
            if place.intersects(there) and not nested:
                faults.append(f"'{_name(widget)}' lies over '{_name(other)}'")
    return faults


def _interactive(shell: Shell) -> list[QWidget]:
    kinds = (QAbstractButton, QLineEdit)
    return [
        widget
        for widget in shell.findChildren(QWidget)
        if isinstance(widget, kinds) and widget.isVisible() and widget.isEnabled()
    ]


def _target(widget: QWidget) -> QWidget:
    """A field is hit anywhere in its frame."""
    parent = widget.parentWidget()
    return parent if isinstance(parent, Field) else widget


def _name(widget: QWidget) -> str:
    return (widget.edit if isinstance(widget, Field) else widget).accessibleName()


def _place(widget: QWidget, shell: Shell) -> QRect:
    return QRect(widget.mapTo(shell, QPoint(0, 0)), widget.size())


PAINTERS = {"drawText", "drawStaticText", "drawGlyphRun", "drawTextItem"}


def test_only_the_widgets_draw_text_and_only_in_a_way_that_can_be_read_back():
    found = []
    for path in (ROOT / "loyalty_desk" / "ui").rglob("*.py"):
        allowed = {"drawText"} if path.parent.name == "widgets" else set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in PAINTERS - allowed:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.attr}")
    assert found == []


def test_no_drawn_target_is_shipped_with_the_desk():
    shipped = [
        path
        for folder in ("loyalty_desk", "resources")
        for path in (ROOT / folder).rglob("*.json")
        if '"baseline"' in path.read_text(encoding="utf-8")
    ]
    assert shipped == []
