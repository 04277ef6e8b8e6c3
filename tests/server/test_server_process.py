"""The server as a process: how it starts, what it says, how it ends."""

import os
import signal
import subprocess
import urllib.request

import pytest

from sync.server.office.documents import publish
from tests import postgres
from tests.live_server import ROOT, command, live_server, run_server, words
from tests.server.shop import NOON, programme
from tests.server.sites import open_office
from tests.server_process import Started


def ask(url: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(url) as answer:
        return answer.status, answer.read()


def start(folder, **options):
    run_server("migrate", data=folder)
    return subprocess.Popen(
        command("serve", data=folder, **options),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def end(process) -> int:
    code = process.wait(timeout=20)
    process.stdin.close()
    process.stdout.close()
    return code


def test_it_says_its_code_and_its_port_and_is_up(tmp_path):
    with live_server(tmp_path, begin=Started) as server:
        assert ask(f"{server.url}/healthz") == (200, b'{"status":"ok"}')
        assert len(server.code.replace("-", "")) == 12


def test_it_ends_when_whoever_started_it_is_gone(tmp_path):
    process = start(tmp_path / "data", exit_on_eof=True)
    words(process)

    process.stdin.close()

    assert process.wait(timeout=20) == 0
    process.stdout.close()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_on_a_signal(tmp_path, number):
    process = start(tmp_path / "data")
    words(process)

    process.send_signal(number)

    assert end(process) == 0


def test_a_reader_that_went_away_is_no_fault(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    run_server("migrate", data=tmp_path / "data")

    finished = subprocess.run(
        [*command("serve", data=tmp_path / "data", exit_on_eof=True)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=20,
    )
    os.close(writing)

    assert (finished.returncode, finished.stderr) == (0, b"")


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal")
def test_it_serves_from_postgres_with_no_database_in_its_folder(tmp_path):
    database = postgres.empty_database().data
    run_server("migrate", data=tmp_path, database=database)
    process = subprocess.Popen(
        command("serve", data=tmp_path),
        cwd=ROOT,
        env=os.environ | {"LOYALTY_DATABASE_URL": database},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    port = words(process)["ready"]

    assert ask(f"http://127.0.0.1:{port}/healthz")[0] == 200
    process.send_signal(signal.SIGTERM)
    assert end(process) == 0
    assert list(tmp_path.glob("*.db")) == []


def test_a_postgres_that_is_not_there_is_refused_without_its_password(tmp_path):
    run_server("migrate", data=tmp_path)
    finished = subprocess.run(
        command("serve", data=tmp_path, database="postgresql://me:geheim@127.0.0.1:1/x"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 1
    assert finished.stderr.startswith("loyalty-server: database_damaged ")
    assert "geheim" not in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_folder_that_was_never_migrated_is_refused_in_a_word(tmp_path):
    finished = subprocess.run(
        command("serve", data=tmp_path), cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert finished.returncode == 1
    assert finished.stderr == "loyalty-server: database_damaged \n"


def test_keys_are_for_their_owner_alone_and_survive_another_migration(tmp_path):
    run_server("migrate", data=tmp_path)
    keys = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}

    run_server("migrate", data=tmp_path)

    assert {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == keys
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}


def test_a_demo_never_takes_the_place_of_a_real_programme(tmp_path):
    run_server("migrate", data=tmp_path)
    office = open_office(tmp_path)
    with office.database.write() as connection:
        publish(connection, office.keys, programme(), now=NOON)
    office.database.close()

    finished = subprocess.run(
        command("demo", data=tmp_path, reset_demo=True), cwd=ROOT, capture_output=True, check=False
    )

    assert finished.returncode == 1
    assert b"not_permitted" in finished.stderr
