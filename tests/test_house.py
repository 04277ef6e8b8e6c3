"""The house rules: what linters know is run here, what they do not know is read from the source.

Every finding is listed at once, as `file:line what`, so that one run is enough to cure them all.
"""

import ast
import importlib.metadata
import io
import json
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
PROGRAMMES = Path(sys.executable).parent
ROOMS = ("loyalty_desk", "sync", "installer")
FUNCTION_LINES_MAX = 60
MODULE_LINES_MAX = 400
FORBIDDEN_NAMES = {
    *("utils", "helpers", "misc", "common", "base"),
    *("manager", "core", "service", "services", "models"),
}
# Only here may a dialog stop the work: nobody stands waiting at the counter.
MANAGER_ROOMS = {"correct", "promote", "report", "settings"}


def modules_of(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


SOURCES = modules_of(*ROOMS)
SOURCES_AND_TESTS = modules_of(*ROOMS, "tests")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def findings(
    paths: list[Path], rule: Callable[[ast.AST], str | None], *, except_in: tuple[str, ...] = ()
) -> list[str]:
    """Every node of `paths` that `rule` has something to say about."""
    return [
        f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)} {said}"
        for path in paths
        if not path.relative_to(ROOT).as_posix().startswith(except_in or ("\0",))
        for node in ast.walk(tree_of(path))
        if (said := rule(node))
    ]


# --- Linters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("ruff", "check", "--quiet"), id="ruff-check"),
        pytest.param(("ruff", "format", "--check", "--quiet"), id="ruff-format"),
        pytest.param(("mypy", "--no-error-summary"), id="mypy-strict"),
        pytest.param(("lint-imports", "--no-cache"), id="import-linter"),
    ],
)
def test_the_linters_have_nothing_to_say(command):
    program, *arguments = command

    finished = subprocess.run(
        [PROGRAMMES / program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr


# --- Shape ---------------------------------------------------------------------------------------


def test_every_module_says_what_it_is_for():
    assert [str(path) for path in SOURCES if not ast.get_docstring(tree_of(path))] == []


def test_no_function_needs_a_scroll():
    def too_long(node: ast.AST) -> str | None:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        return f"{node.name} has {lines} lines" if lines > FUNCTION_LINES_MAX else None

    assert findings(SOURCES, too_long) == []


def test_no_module_has_grown_into_a_blob():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}

    assert {str(path): n for path, n in lengths.items() if n > MODULE_LINES_MAX} == {}


def test_no_file_is_named_after_nothing():
    named = [
        path.relative_to(ROOT)
        for path in SOURCES_AND_TESTS
        if FORBIDDEN_NAMES & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    ]

    assert named == []


def test_the_top_level_holds_the_five_rooms_and_no_other():
    made_by_tools = {"build", "dist", "__pycache__"}
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    visible = {name for name in folders if not name.startswith(".")}

    assert visible - made_by_tools == {*ROOMS, "resources", "tests"}


# --- Silenced checks -----------------------------------------------------------------------------

SILENCER = re.compile(
    r"#\s*(?:type:\s*ignore(?:\[[^]]*\])?|pragma:\s*no\s*(?:cover|branch)|noqa(?::\s*[A-Z0-9, ]+)?)"
    r"(?P<reason>.*)"
)


def silencers(path: Path) -> Iterator[tuple[int, str]]:
    """Each comment that silences a check: its line and the reason given behind it."""
    source = io.StringIO(path.read_text(encoding="utf-8"))
    for token in tokenize.generate_tokens(source.readline):
        if token.type == tokenize.COMMENT and (found := SILENCER.search(token.string)):
            yield token.start[0], found["reason"].strip(" #-:")


def test_nothing_is_silenced_in_the_rules():
    silenced = [
        f"{path.name}:{line}"
        for path in modules_of("sync/programme")
        for line, _ in silencers(path)
    ]

    assert silenced == []


def test_nothing_is_silenced_elsewhere_without_a_reason():
    silenced = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in SOURCES_AND_TESTS
        for line, reason in silencers(path)
        if len(reason.split()) < 3
    ]

    assert silenced == []


# --- Waiting and stopping ------------------------------------------------------------------------


def test_nobody_sleeps():
    asleep = {"time.sleep", "QThread.sleep", "QThread.msleep", "QTest.qWait", "QTest.qSleep"}

    def sleeps(node: ast.AST) -> str | None:
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            return "sleep" if any(alias.name == "sleep" for alias in node.names) else None
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            return called if called in {*asleep, "qtbot.wait"} else None
        return None

    assert findings(SOURCES_AND_TESTS, sleeps) == []


def test_no_dialog_stops_the_cashier():
    def stops(node: ast.AST) -> str | None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return ".exec()" if node.func.attr in ("exec", "exec_", "open_modal") else None
        name = getattr(node, "id", None) or getattr(node, "attr", None)
        if isinstance(node, ast.alias):
            name = node.name
        return name if re.fullmatch(r"Q\w*(Dialog|MessageBox|ErrorMessage)", name or "") else None

    manager = tuple(f"loyalty_desk/ui/{room}/" for room in MANAGER_ROOMS)

    assert findings(modules_of("loyalty_desk/ui"), stops, except_in=manager) == []


# --- Words ---------------------------------------------------------------------------------------

# How many of the first arguments of each are sentences.
SENTENCES = {"_": 1, "N_": 1, "ngettext": 2, "pgettext": 2, "npgettext": 3}


def built_sentences(path: Path) -> list[str]:
    """Every sentence that `path` hands over neither as a literal nor from a marked table.

    A module that marks its sentences with `N_` may name them later: by a look-up or in a loop.
    """
    tree = tree_of(path)
    marks = any(isinstance(node, ast.Name) and node.id == "N_" for node in ast.walk(tree))
    named = (ast.Name, ast.Attribute, ast.Subscript) if marks else ()
    return [
        f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for called in [getattr(node.func, "id", None) or getattr(node.func, "attr", "")]
        for sentence in node.args[: SENTENCES.get(called, 0)]
        if not (isinstance(sentence, ast.Constant) and isinstance(sentence.value, str))
        if called == "N_" or not isinstance(sentence, named)
    ]


def test_every_sentence_handed_to_the_catalogue_is_one_literal():
    """Anything else is dropped in silence, or cut in half, when the catalogue is made."""
    spoken = [path for path in modules_of("loyalty_desk", "sync") if path.name != "i18n.py"]

    assert [found for path in spoken for found in built_sentences(path)] == []


EVERY_REFUSAL = """
import json
from loyalty_desk.ui.texts import refusal_text
from sync import i18n
from sync.programme.refusals import Reason, Refused

said = {}
for tag in i18n.LANGUAGES:
    i18n.speak(tag)
    said[tag] = {reason.name: refusal_text(Refused(reason)) for reason in Reason}
print(json.dumps(said))
"""


def test_every_refusal_has_a_sentence_in_both_languages():
    """In a process of its own: the language in use is one per process."""
    finished = subprocess.run(
        [sys.executable, "-c", EVERY_REFUSAL], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert finished.returncode == 0, finished.stderr
    said = json.loads(finished.stdout)
    portuguese, english = said["pt_BR"], said["en"]
    assert [name for name, text in english.items() if not text or "{" in text] == []
    assert [name for name, text in portuguese.items() if not text or "{" in text] == []
    # A sentence that nobody translated comes back in English.
    assert [name for name in english if portuguese[name] == english[name]] == []


def test_pages_leave_the_drawing_of_text_to_widgets():
    def draws(node: ast.AST) -> str | None:
        name = getattr(node, "attr", None)
        return name if name in {"drawText", "drawStaticText", "drawGlyphRun"} else None

    widgets = ("loyalty_desk/ui/widgets/",)

    assert findings(modules_of("loyalty_desk"), draws, except_in=widgets) == []


def test_widgets_draw_text_only_where_it_is_shaped_and_mirrored_for_them():
    def draws(node: ast.AST) -> str | None:
        name = getattr(node, "attr", None)
        return name if name in {"drawStaticText", "drawGlyphRun"} else None

    assert findings(modules_of("loyalty_desk/ui/widgets"), draws) == []


# --- Packages ------------------------------------------------------------------------------------


def test_every_imported_package_is_declared():
    """What only another package brings along is gone when that one changes its mind."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {re.split(r"[\[=<>!~ ;]", need, maxsplit=1)[0] for need in declared["dependencies"]}
    distributions = importlib.metadata.packages_distributions()
    at_home = {*sys.stdlib_module_names, *ROOMS}

    def undeclared(node: ast.AST) -> str | None:
        if isinstance(node, ast.Import):
            roots = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            roots = {node.module.split(".")[0]}
        else:
            return None
        known = {n.lower().replace("_", "-") for r in roots for n in distributions.get(r, ())}
        return None if roots <= at_home or known & named else f"imports {', '.join(sorted(roots))}"

    assert findings(modules_of("loyalty_desk", "sync"), undeclared) == []


# --- Tests ---------------------------------------------------------------------------------------


def test_hypothesis_searches_as_far_everywhere():
    """Where CI is set it would choose a profile of its own, ten times weaker."""
    profile = settings.default

    assert (profile.max_examples, profile.deadline) == (1_000, None)
    assert profile.print_blob
    assert not profile.derandomize


# --- Qt ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, True, False], ids=str)
def test_qt_calls_leave_the_reference_counts_of_constants_alone(qapp, value):
    """PySide6 6.12.0 dropped one reference to None at each void call and so killed Python 3.11."""
    from PySide6.QtWidgets import QCheckBox

    box = QCheckBox()
    before = sys.getrefcount(value)

    for _ in range(1_000):
        box.setText("x")
        box.setChecked(True)
        box.isChecked()
        box.setChecked(False)
        box.isChecked()

    # Python itself may take or leave a few; the fault took thousands.
    assert abs(sys.getrefcount(value) - before) < 50
