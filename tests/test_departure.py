"""Taking the desk off a machine, and to its next version: never past records that wait."""

import io
import os
import subprocess
import sys

import pytest

from installer import departure
from installer.checkout import Checkout
from installer.packages import SetupFailed
from loyalty_desk.store.instance_lock import hold_lock
from sync.protocol.outbox_file import open_outbox
from tests.client.central import central
from tests.client.till import a_till
from tests.live_server import ROOT

NEEDED = ("loyalty_desk", "sync", "resources", "installer", "pyproject.toml")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with central(tmp_path_factory.mktemp("centre")) as server:
        yield server


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Checkout:
    """A checkout that runs this code, with packages of its own that may be removed."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    root = tmp_path / "checkout"
    root.mkdir()
    for name in NEEDED:
        (root / name).symlink_to(ROOT / name)
    (root / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    return Checkout(root)


@pytest.fixture
def till(home, tmp_path):
    """A till that has one purchase to send."""
    with a_till(tmp_path / "till", home) as till:
        till.credit(till.somebody(), 7)
        yield till


def at(till) -> list[str]:
    return ["--home", str(till.places.data.parent)]


def files(till) -> set[str]:
    root = till.places.data.parent
    return {str(path.relative_to(root)) for path in root.rglob("*")}


@pytest.mark.parametrize("verb", ["uninstall", "upgrade"])
def test_while_records_wait_nothing_is_changed_and_it_says_what_to_do(till, checkout, capfd, verb):
    till.close()
    more = ["--yes"] if verb == "uninstall" else []

    assert departure.VERBS[verb](checkout, [*at(till), *more]) == departure.REFUSED

    said = capfd.readouterr().err
    assert f"till {till.ledger.known.terminal}: 1 record not sent." in said
    assert "connection" in said
    assert "--export FILE" in said
    assert till.places.ledger.exists()
    assert checkout.venv.exists()


def test_when_everything_is_sent_all_that_was_named_goes_and_nothing_else(till, checkout, capfd):
    till.engine.round()
    till.close()
    number = till.ledger.known.terminal
    stranger = till.places.data / "holiday.jpg"
    stranger.touch()

    assert departure.uninstall(checkout, [*at(till), "--yes"]) == 0

    said = capfd.readouterr().out
    for gone in (till.places.ledger, till.places.keys, till.places.salvage, checkout.venv):
        assert str(gone) in said
        assert not gone.exists()
    assert f"loyalty-server terminal-lost --terminal {number}" in said
    assert files(till) == {"data", "data/holiday.jpg"}


@pytest.mark.parametrize("typed", ["", "no\n", "\n"])
def test_without_a_yes_everything_stays(till, checkout, capfd, monkeypatch, typed):
    till.engine.round()
    till.close()
    before = files(till)
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))

    assert departure.uninstall(checkout, at(till)) == 1

    assert "Nothing was removed." in capfd.readouterr().out
    assert files(till) >= before
    assert checkout.venv.exists()


def test_records_saved_in_a_file_let_the_till_go_and_are_all_in_it(till, checkout, capfd, tmp_path):
    till.close()
    file = tmp_path / "outbox.txt"

    assert departure.uninstall(checkout, [*at(till), "--yes", "--export", str(file)]) == 0

    assert f"The only copy of 1 records will be {file}" in capfd.readouterr().out
    header, batches = open_outbox(file.read_bytes())
    assert header.terminal == till.ledger.known.terminal
    assert len(batches) == 1
    assert not till.places.ledger.exists()


def test_a_file_that_cannot_be_written_keeps_the_till(till, checkout, tmp_path):
    till.close()
    (tmp_path / "taken").touch()

    with pytest.raises(SetupFailed):
        departure.uninstall(
            checkout, [*at(till), "--yes", "--export", str(tmp_path / "taken" / "outbox.txt")]
        )

    assert till.places.ledger.exists()
    assert till.places.keys.exists()
    assert checkout.venv.exists()


def test_a_till_that_is_open_is_named_and_stays(till, checkout, capfd):
    till.engine.round()
    lock = hold_lock(till.places.lock)
    try:
        assert departure.uninstall(checkout, [*at(till), "--yes"]) == departure.REFUSED
    finally:
        lock.release()

    assert "Loyalty Desk" in capfd.readouterr().err
    assert till.places.ledger.exists()


def test_the_tills_of_all_profiles_are_asked(home, checkout, capfd, tmp_path, monkeypatch):
    root = tmp_path / "tills"
    for profile in ("second", ""):
        asked = ["--home", str(root), "--profile", profile, "--leave"]
        said = [sys.executable, "-m", "loyalty_desk", *asked]
        subprocess.run(said, cwd=ROOT, check=True, capture_output=True)

    assert departure.uninstall(checkout, ["--home", str(root), "--yes"]) == 0

    assert "(profile second)" in capfd.readouterr().out
    assert list(root.rglob("*")) == []


def test_a_desk_that_is_not_set_up_cannot_say_what_waits(checkout):
    checkout.venv.unlink()

    for verb in departure.VERBS.values():
        with pytest.raises(SetupFailed, match="installer setup"):
            verb(checkout, [])


def git(folder, *arguments) -> None:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.example"}
    who |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.example"}
    subprocess.run(["git", *arguments], cwd=folder, env={**os.environ, **who}, check=True)


def test_an_upgrade_saves_what_waits_and_fetches_the_next_version(till, checkout, tmp_path, capfd):
    till.close()
    source = tmp_path / "source"
    (source / "installer").mkdir(parents=True)
    (source / "installer" / "__init__.py").touch()
    (source / "installer" / "__main__.py").write_text("print('version one')")
    for command in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "one")):
        git(source, *command)
    git(tmp_path, "clone", "-q", str(source), "clone")
    clone = Checkout(tmp_path / "clone")
    for name in (*(name for name in NEEDED if name != "installer"), ".venv"):
        (clone.root / name).symlink_to(checkout.root / name)
    (source / "installer" / "__main__.py").write_text("import sys\nprint('two', sys.argv[1:])")
    git(source, "commit", "-q", "-a", "-m", "two")
    file = tmp_path / "outbox.txt"

    assert departure.upgrade(clone, [*at(till), "--export", str(file)]) == 0

    assert "two ['setup']" in capfd.readouterr().out
    assert len(open_outbox(file.read_bytes())[1]) == 1
    assert till.places.ledger.exists()


def test_a_copy_without_a_source_is_set_up_as_it_stands(home, checkout, tmp_path, capfd):
    (checkout.root / "installer").unlink()
    (checkout.root / "installer").mkdir()
    (checkout.root / "installer" / "__init__.py").touch()
    (checkout.root / "installer" / "__main__.py").write_text("raise SystemExit(7)")

    assert departure.upgrade(checkout, ["--home", str(tmp_path / "none")]) == 7

    assert "knows no source" in capfd.readouterr().out
