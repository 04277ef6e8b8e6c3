"""What somebody at the server's console can ask for."""

import pytest
from sqlalchemy import select

from sync.server.app import run
from sync.server.settings import Settings
from sync.server.store.database import Address
from sync.server.store.states import TerminalState
from sync.server.store.tables import terminals
from tests.server.shop import NOON


@pytest.fixture
def console(office, site, capsys):
    """Run a command on the head office's data; return its status and what it said."""
    place = site.place

    def asked(command: str, **settings) -> tuple[int, list[str]]:
        if isinstance(place, Address):
            settings |= {"database": place.data, "keys_database": place.keys}
        status = run(Settings(command=command, data=site.folder, clock=NOON, **settings))
        return status, capsys.readouterr().out.splitlines()

    return asked


def state_of(office, terminal: int) -> int:
    with office.database.read() as connection:
        return connection.scalar(
            select(terminals.c.state).where(terminals.c.terminal_id == terminal)
        )


def test_points_of_days_that_are_over_lapse(console):
    assert console("expire") == (0, ["lapsed 0", "through 2026-11-19"])


def test_a_terminal_is_given_up_and_found_again(console, office, till):
    terminal = till.caller.terminal

    assert console("terminal-lost", terminal=terminal, at_once=True) == (0, ["written-off 0"])
    assert state_of(office, terminal) == TerminalState.LOST
    assert console("terminal-found", terminal=terminal) == (0, [])
    assert state_of(office, terminal) == TerminalState.ACTIVE
    assert console("terminal-lost", terminal=99)[0] == 1


def test_there_is_no_wait_to_end_on_a_server_that_was_not_restored(console):
    assert console("end-recovery") == (0, ["waited-for -", "ended 0"])
