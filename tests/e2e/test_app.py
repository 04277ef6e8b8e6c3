"""The app from the command line: its first frame, a second start, files it cannot open, its end."""

import hashlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2

from loyalty_desk.paths import places
from tests.desk.club import Till
from tests.live_server import ROOT, demo_data

LATER = {"sqlalchemy", "httpx", "alembic", "litestar", "keyring", "sqlcipher3"} | {
    "loyalty_desk.app.desk_app",
    "loyalty_desk.ui.pages",
}
PATIENCE_S = 60
NOBODY = "http://127.0.0.1:9"  # the discard port: nobody listens


class App:
    """One run of the app, looked at by a probe."""

    def __init__(self, *arguments: str, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.app_probe", "--lang", "pt_BR", *arguments],
            cwd=ROOT,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"} | (env or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.loaded = set(self._heard())

    def ask(self, question: str) -> Any:
        self.process.stdin.write(question + "\n")
        return self._heard()

    def until(self, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE_S
        while not holds(seen := self.ask("look")):
            assert time.monotonic() < end, seen
            select.select([], [], [], 0.02)
        return seen

    def close(self) -> tuple[int, str]:
        """Close the window; returns the exit code and what the app complained of."""
        _out, complaints = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, complaints

    def _heard(self) -> Any:
        ready, _w, _x = select.select([self.process.stdout], [], [], PATIENCE_S)
        assert ready, "the app says nothing"
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return json.loads(line)


@contextmanager
def running(*arguments: str, env: dict[str, str] | None = None) -> Iterator[App]:
    app = App(*arguments, env=env)
    try:
        yield app
    finally:
        if app.process.poll() is None:
            app.process.kill()
        app.process.communicate()


def says(words: str) -> Callable[[dict[str, Any]], bool]:
    return lambda seen: any(words in one for one in seen["words"])


# --- The first frame ------------------------------------------------------------------------------


def test_the_first_frame_comes_before_databases_and_network(tmp_path: Path) -> None:
    with running("--home", str(tmp_path), "--server", NOBODY) as app:
        assert "PySide6.QtWidgets" in app.loaded
        assert app.loaded & LATER == set()
        app.until(says("Sem conexão"))
        assert app.close()[0] == 0


def test_nor_does_the_first_frame_wait_for_a_keyring_where_the_system_keeps_the_files(
    tmp_path: Path,
) -> None:
    env = {"HOME": str(tmp_path)} | {
        f"XDG_{kind}_HOME": str(tmp_path / kind.lower())
        for kind in ("CONFIG", "DATA", "STATE", "CACHE")
    }
    with running("--server", NOBODY, env=env) as app:
        assert app.loaded & LATER == set()
        app.until(says("Sem conexão"))
        assert app.close()[0] == 0
    assert list(tmp_path.rglob("ledger.db"))


# --- A second start -------------------------------------------------------------------------------


def test_a_second_start_raises_the_first_window_and_ends(tmp_path: Path) -> None:
    with running("--home", str(tmp_path), "--server", NOBODY) as app:
        assert app.ask("minimise") is True
        second = subprocess.run(
            [sys.executable, "-m", "loyalty_desk", "--home", str(tmp_path), "--lang", "pt_BR"],
            cwd=ROOT,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert (second.returncode, second.stdout) == (3, "")
        assert "já está aberto" in second.stderr
        app.until(lambda seen: not seen["minimised"])
        assert app.close()[0] == 0


def test_another_profile_is_another_till(tmp_path: Path) -> None:
    with (
        running("--home", str(tmp_path), "--server", NOBODY) as one,
        running("--home", str(tmp_path), "--profile", "dois", "--server", NOBODY) as two,
    ):
        assert one.close()[0] == two.close()[0] == 0


# --- Files that cannot be opened ------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A till that has worked before."""
    till = Till(tmp_path)
    till.open_shop()
    till.close()
    return tmp_path


def of_a_later_version(home: Path) -> None:
    here = places(root=home)
    key = json.loads(here.keys.read_bytes())["database"]
    connection = dbapi2.connect(str(here.ledger))
    connection.execute(f"PRAGMA key = \"x'{key}'\"")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute(f"PRAGMA user_version = {version + 1}")
    connection.close()


def without_its_keys(home: Path) -> None:
    places(root=home).keys.unlink()


def with_other_keys(home: Path) -> None:
    keys = places(root=home).keys
    kept = json.loads(keys.read_bytes())
    keys.write_text(json.dumps(kept | {"database": "ab" * 32}))


def damaged(home: Path) -> None:
    ledger = places(root=home).ledger
    body = bytearray(ledger.read_bytes())
    body[5_000:9_000] = bytes(4_000)
    ledger.write_bytes(body)


def digests(home: Path) -> dict[str, str]:
    here = places(root=home)
    return {
        str(file.relative_to(home)): hashlib.sha256(file.read_bytes()).hexdigest()
        for folder in (here.config, here.data)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file != here.lock
    }


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        pytest.param(of_a_later_version, "versão mais nova", id="a later version"),
        pytest.param(without_its_keys, "chave", id="no keys"),
        pytest.param(with_other_keys, "chave", id="other keys"),
        pytest.param(damaged, "danificados", id="damaged"),
    ],
)
def test_what_cannot_be_opened_is_said_in_words_and_left_as_it_is(
    home: Path, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(home)
    before = digests(home)
    with running("--home", str(home), "--server", NOBODY) as app:
        app.until(says(words))
        code, complaints = app.close()
    assert (code, complaints) == (0, "")
    assert digests(home) == before


# --- The end --------------------------------------------------------------------------------------


def children(process: int) -> list[int]:
    task = Path(f"/proc/{process}/task/{process}/children")
    return [
        child
        for thread in task.parents[1].glob("*/children")
        for child in map(int, thread.read_text().split())
    ]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads the process table of Linux")
def test_a_killed_app_leaves_no_server_behind(tmp_path: Path) -> None:
    shutil.copytree(demo_data(40), places(root=tmp_path).demo / "server")
    with running("--demo", "--home", str(tmp_path), "--members", "40") as app:
        app.until(says("Joana Prado"))
        (server,) = children(app.process.pid)
        watch = os.pidfd_open(server)
        app.process.send_signal(signal.SIGKILL)
        ended, _w, _x = select.select([watch], [], [], PATIENCE_S)
        os.close(watch)
        assert ended, "the embedded server lives on"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads the process table of Linux")
def test_an_app_killed_while_the_demo_is_made_leaves_nobody_behind_either(tmp_path: Path) -> None:
    with running("--demo", "--home", str(tmp_path), "--members", "300") as app:
        app.until(lambda _seen: children(app.process.pid))
        (server,) = children(app.process.pid)
        watch = os.pidfd_open(server)
        app.process.send_signal(signal.SIGKILL)
        ended, _w, _x = select.select([watch], [], [], PATIENCE_S)
        os.close(watch)
        assert ended, "the embedded server lives on"
