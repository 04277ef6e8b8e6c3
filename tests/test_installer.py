"""The installer: what it looks for, what it promises about a finished set-up, and its closing line.

Set-up itself is proven from nothing by `python -m tests.long.bare_debian`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from installer import packages, suite, surroundings, system
from installer.checkout import Checkout, here
from installer.packages import Kind
from installer.system import Need

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("uv", "app", "dev")
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)
REPORT = """<?xml version="1.0"?><testsuites><testsuite>
<testcase classname="tests.desk.test_undo" name="test_a" time="2.5"/>
<testcase classname="tests.desk.test_undo" name="test_b" time="0.5"><failure/></testcase>
<testcase classname="tests.desk.test_undo" name="test_c" time="0.1"><error/></testcase>
<testcase classname="tests.test_house" name="test_d" time="0.2"><skipped/></testcase>
</testsuite></testsuites>"""


def pins(text: str) -> dict[str, str]:
    return dict(PIN.findall(text))


def lock_text(name: str) -> str:
    return here().lock(name).read_text(encoding="utf-8")


@pytest.fixture
def copied(tmp_path) -> Checkout:
    """A checkout of its own with locks and settings, and a `.venv` that looks finished."""
    shutil.copytree(ROOT / "installer" / "locks", tmp_path / "installer" / "locks")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    checkout = Checkout(tmp_path)
    checkout.programs.mkdir(parents=True)
    checkout.python.touch()
    return checkout


def stamp(checkout: Checkout, kind: Kind) -> None:
    text = json.dumps({"key": packages.key(checkout), "kind": kind})
    (checkout.venv / "loyalty-desk.json").write_text(text)


# --- Locks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_is_hashed(name):
    entries = re.split(r"\n(?=\S)", "\n".join(lock_text(name).splitlines()))
    entries = [entry for entry in entries if not entry.startswith("#")]

    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_no_path_of_a_machine(name):
    assert re.findall(r"https?:|file:|--index|--find-links|(?<![\w.])/\w+", lock_text(name)) == []


def test_the_locks_hold_the_pins_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]

    def pinned(needs: list[str]) -> set[tuple[str, str]]:
        return set(pins("\n".join(re.sub(r"\[.*?\]", "", need) for need in needs)).items())

    app = pinned([*project["project"]["dependencies"], *groups["build"]])
    assert app <= pins(lock_text("app")).items()
    assert app | pinned(groups["dev"]) <= pins(lock_text("dev")).items()
    assert pinned(groups["installer"]) == set(pins(lock_text("uv")).items())


def test_the_tests_run_with_exactly_what_the_desk_runs_with():
    assert pins(lock_text("app")).items() <= pins(lock_text("dev")).items()


# --- A finished set-up ---------------------------------------------------------------------------


def test_a_finished_set_up_is_recognised(copied):
    stamp(copied, Kind.APP)

    assert packages.ready(copied, Kind.APP)
    assert not packages.ready(copied, Kind.DEV)


def test_a_set_up_for_the_tests_is_good_enough_for_the_desk(copied):
    stamp(copied, Kind.DEV)

    assert packages.ready(copied, Kind.APP)


def test_an_interrupted_set_up_is_not_taken_for_a_finished_one(copied):
    assert not packages.ready(copied, Kind.APP)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_damaged_stamp_counts_as_none(copied, content):
    (copied.venv / "loyalty-desk.json").write_bytes(content)

    assert not packages.ready(copied, Kind.APP)


@pytest.mark.parametrize("name", LOCKS)
def test_a_changed_lock_asks_for_a_new_set_up(copied, name):
    stamp(copied, Kind.DEV)

    copied.lock(name).write_text("nothing==1.0")

    assert not packages.ready(copied, Kind.DEV)


def test_a_changed_dependency_asks_for_a_new_set_up_and_a_linter_setting_does_not(copied):
    stamp(copied, Kind.DEV)
    text = copied.pyproject.read_text(encoding="utf-8")

    copied.pyproject.write_text(text.replace("line-length = 100", "line-length = 99"))
    assert packages.ready(copied, Kind.DEV)

    copied.pyproject.write_text(text.replace("msgspec==", "msgspec>="))
    assert not packages.ready(copied, Kind.DEV)


def test_a_moved_checkout_asks_for_a_new_set_up(copied, tmp_path_factory):
    stamp(copied, Kind.DEV)

    moved = shutil.copytree(copied.root, tmp_path_factory.mktemp("moved") / "desk")

    assert not packages.ready(Checkout(moved), Kind.DEV)


def test_a_venv_whose_python_is_gone_is_not_ready(copied):
    stamp(copied, Kind.DEV)

    copied.python.unlink()

    assert not packages.ready(copied, Kind.DEV)


# --- System packages -----------------------------------------------------------------------------


def test_a_checkout_whose_venv_is_a_link_gets_its_own_and_leaves_the_other(copied, tmp_path):
    others = tmp_path / "others"
    others.mkdir()
    (others / "kept").touch()
    shutil.rmtree(copied.venv)
    copied.venv.symlink_to(others)

    packages._make_venv(copied, say=lambda _: None)

    assert (others / "kept").exists()
    assert not copied.venv.is_symlink()
    assert copied.python.exists()


def test_a_library_that_cannot_be_opened_is_missing():
    absent = Need("libnobody-has-this.so.7", "libnobody7")
    libc = Need("libc.so.6", "libc6")

    assert system.missing([libc, absent]) == (absent,)


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="the command is Debian's")
def test_what_is_missing_is_cured_by_one_command():
    lacking = [Need("libB.so.1", "libb1"), Need("libA.so.1", "liba1"), Need("libA.so.2", "liba1")]

    command = system.remedy(lacking)

    assert "\n" not in command
    assert command.endswith("apt-get install -y --no-install-recommends liba1 libb1")


def test_a_window_needs_more_than_drawing_does():
    assert set(system.needs(window=False)) < set(system.needs(window=True))
    assert set(system.needs(window=False)) < set(system.needs(window=False, tools=True))


# --- Surroundings --------------------------------------------------------------------------------


def test_tests_see_neither_the_callers_python_nor_its_qt_settings(tmp_path):
    caller = {"PYTHONPATH": "/x", "QT_SCALE_FACTOR": "2", "LC_ALL": "C", "HTTPS_PROXY": "p:1"}

    environment = surroundings.for_tests(caller, tmp_path)

    assert environment == {
        "LC_ALL": "C.UTF-8",
        "XDG_RUNTIME_DIR": str(tmp_path),
        "QT_QPA_PLATFORM": "offscreen",
        "HTTPS_PROXY": "p:1",
    }


def test_runs_of_many_processes_keep_compiled_modules_whatever_the_caller_does(tmp_path):
    caller = {"PYTHONDONTWRITEBYTECODE": "1", "HOME": "/h"}

    environment = surroundings.with_bytecode(caller, tmp_path)

    assert environment == {"HOME": "/h", "PYTHONPYCACHEPREFIX": str(tmp_path)}


def test_the_desk_keeps_the_language_and_the_display_of_its_user():
    caller = {"LANG": "pt_BR.UTF-8", "DISPLAY": ":0", "XDG_RUNTIME_DIR": "/run/user/1000"}

    assert surroundings.for_desk(caller) == caller


def test_without_a_display_the_desk_runs_offscreen_in_a_private_folder():
    environment = surroundings.for_desk({})

    assert environment["QT_QPA_PLATFORM"] == "offscreen"
    assert environment["LC_CTYPE"] == "C.UTF-8"
    assert Path(environment["XDG_RUNTIME_DIR"]).stat().st_mode & 0o777 == 0o700


def test_a_platform_chosen_by_hand_stays():
    assert surroundings.for_desk({"QT_QPA_PLATFORM": "vnc"})["QT_QPA_PLATFORM"] == "vnc"


def test_uv_is_told_what_pip_knows():
    environment = surroundings.for_installing(
        {"HTTPS_PROXY": "p:1"}, {"index-url": "https://shop.example/simple", "cert": "/ca.pem"}
    )

    assert environment["UV_DEFAULT_INDEX"] == "https://shop.example/simple"
    assert environment["SSL_CERT_FILE"] == "/ca.pem"
    assert environment["HTTPS_PROXY"] == "p:1"


def test_what_uv_was_told_by_hand_stays():
    told = {"UV_DEFAULT_INDEX": "https://one.example", "SSL_CERT_FILE": "/one.pem"}

    environment = surroundings.for_installing(
        {**told, "PIP_INDEX_URL": "https://two.example", "PIP_CERT": "/two.pem"}, {}
    )

    assert {name: environment[name] for name in told} == told


# --- The suite's own report ----------------------------------------------------------------------


def test_the_closing_line_counts_a_broken_set_up_as_a_failure(tmp_path):
    (tmp_path / "report.xml").write_text(REPORT)

    outcomes = suite.read_report(tmp_path / "report.xml")

    assert suite.closing_line(outcomes, further_failures=0) == "1 passed, 2 failed, 1 skipped"
    assert suite.closing_line(outcomes, further_failures=1) == "1 passed, 3 failed, 1 skipped"


def test_the_table_has_a_line_for_each_room_the_slowest_first(tmp_path):
    (tmp_path / "report.xml").write_text(REPORT)

    lines = suite.table(suite.read_report(tmp_path / "report.xml"), wall_seconds=2.0)

    assert [line.split() for line in lines[2:]] == [
        ["desk", "3", "2", "0", "3.1", "2.5", "test_a"],
        ["test_house", "1", "0", "1", "0.2", "0.2", "test_d"],
        ["together", "4", "2", "1", "3.3", "2", "s", "on", "the", "clock"],
    ]


@pytest.fixture
def small(tmp_path) -> Checkout:
    """A checkout with one rule of two branches, and the real `.venv`."""
    (tmp_path / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    rules = tmp_path / "sync" / "programme"
    rules.mkdir(parents=True)
    (rules / "__init__.py").touch()
    (rules.parent / "__init__.py").touch()
    (rules / "rule.py").write_text("def rule(x):\n    if x:\n        return 1\n    return 2\n")
    (tmp_path / "tests" / "programme").mkdir(parents=True)
    (tmp_path / "tests" / "test_rest.py").write_text("def test_of_another_room():\n    pass\n")
    # Plug-ins that its tests do not need: each of some sixty processes would load them.
    idle = "-p no:faker -p no:hypothesispytest -p no:pytest-qt"
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.pytest.ini_options]\npythonpath = ["."]\naddopts = "{idle}"\n'
    )
    return Checkout(tmp_path)


def closing(small: Checkout, capfd, test: str, *arguments: str) -> tuple[int, str]:
    """Run a suite with that test of the rule: its exit code and its last line."""
    head = "from sync.programme.rule import rule\n\n"
    (small.root / "tests" / "programme" / "test_rule.py").write_text(head + test)
    code = suite.run(small, arguments)
    return code, capfd.readouterr().out.splitlines()[-1]


def test_a_failing_test_fails_the_run(small, capfd):
    test = "def test_a():\n    assert rule(1) == 1\n\ndef test_b():\n    assert rule(0) == 1\n"

    assert closing(small, capfd, test) == (1, "2 passed, 1 failed, 0 skipped")


def test_a_branch_of_the_rules_that_nobody_took_fails_a_whole_run(small, capfd):
    test = "def test_a():\n    assert rule(1) == 1\n"

    assert closing(small, capfd, test) == (1, "2 passed, 1 failed, 0 skipped")


def test_a_whole_run_that_took_every_branch_succeeds(small, capfd):
    test = "def test_a():\n    assert rule(1) + rule(0) == 3\n"

    assert closing(small, capfd, test) == (0, "2 passed, 0 failed, 0 skipped")


def test_a_run_that_broke_off_does_not_close_like_a_success(small, capfd):
    test = "import os\nos.kill(os.getpid(), 9)\n"

    assert closing(small, capfd, test, "-q") == (137, "0 passed, 1 failed, 0 skipped")
    code, line = closing(small, capfd, test)
    assert (code, line) == (137, "1 passed, 3 failed, 0 skipped")


def test_a_run_of_no_test_is_no_success(small, capfd):
    code, line = closing(small, capfd, "", "tests/programme")

    assert (code, line) == (5, "0 passed, 1 failed, 0 skipped")


def test_what_is_measured_and_the_tests_that_measure_it_are_there():
    looked_for = (
        *suite.MEASURED,
        *suite.NOT_MEASURED,
        *(f"tests/{room}/test_*.py" for room in suite.MEASURING),
    )

    assert [pattern for pattern in looked_for if not any(ROOT.glob(pattern))] == []


def test_everything_that_the_tests_need_of_the_system_is_seen_to_be_here():
    assert system.missing(system.needs(window=False, tools=True)) == ()


# --- As a person calls it ------------------------------------------------------------------------


def called(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "installer", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [(), ("sing",)])
def test_an_unknown_word_is_answered_with_the_words_there_are(arguments):
    finished = called(*arguments)

    assert finished.returncode == 2
    assert "python3 -m installer doctor" in finished.stdout


def test_the_doctor_names_a_certificate_file_that_is_not_there():
    finished = called("doctor", "--json", PIP_CERT="/nowhere.pem")

    found = {finding["what"]: finding for finding in json.loads(finished.stdout)}
    assert finished.returncode == 1
    assert found["PIP_CERT"]["remedy"] == "unset PIP_CERT, or put the file there"
    assert found["Python"]["remedy"] == ""


def test_the_installer_uses_the_standard_library_alone():
    """`-S` leaves site-packages out: what a newcomer calls has to load without them."""
    finished = subprocess.run(
        [sys.executable, "-S", "-c", "import installer.__main__"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stderr


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None,
    reason="only root can cut the network",
)
@pytest.mark.skipif(not packages.ready(here(), Kind.DEV), reason="not set up by the installer")
def test_a_second_set_up_needs_no_network_and_no_second():
    began = time.monotonic()

    finished = subprocess.run(
        ["unshare", "--net", sys.executable, "-m", "installer", "setup"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (finished.returncode, finished.stdout) == (0, "")
    assert time.monotonic() - began < 5  # some 0.1 s alone; the rest is for a busy machine
