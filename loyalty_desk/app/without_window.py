"""What the command line asks of a till without a window: save the outbox, take the till away."""

import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TypeVar

import msgspec

from loyalty_desk.app.arguments import Arguments
from loyalty_desk.app.clock import SystemClock
from loyalty_desk.desk.outbox import check_leave, export_outbox, unsent
from loyalty_desk.paths import Places, places, profiles
from loyalty_desk.store.instance_lock import hold_lock
from loyalty_desk.store.keys import Keys, Vault, load_keys, system_vault
from loyalty_desk.store.ledger import Ledger
from loyalty_desk.store.opening import open_store
from loyalty_desk.store.removal import kept, remove_all, remove_folders, remove_store
from loyalty_desk.ui.texts import refusal_text
from sync.i18n import _
from sync.programme.refusals import Refused

_REFUSED = 4


@dataclass(frozen=True, slots=True)
class TillHere:
    """A till of this machine: events the server lacks, what keeps it from being asked, its files.

    `terminal` is its number at the server, 0 before the enrolment.
    """

    profile: str
    terminal: int
    waiting: int
    problem: str
    files: tuple[str, ...]


Answer = TypeVar("Answer")


def run(said: Arguments, here: Places) -> int:
    """Do what was asked and return the exit code: 0, or 4 with the refusal on standard error."""
    try:
        if said.tills:
            tills = [asdict(till) for till in _tills(said)]
            sys.stdout.write(msgspec.json.encode(tills).decode() + "\n")
        else:
            with _held(here):
                _work(said, here)
            if said.leave_nothing:
                remove_folders(here)
            if said.leave:
                sys.stdout.write(_("This till has been removed from this machine.") + "\n")
    except Refused as refused:
        sys.stderr.write(f"{refusal_text(refused)}\n")
        return _REFUSED
    return 0


def _work(said: Arguments, here: Places) -> None:
    now, saved = SystemClock().now(), 0
    vault = _vault(said)

    def work(ledger: Ledger, keys: Keys) -> None:
        nonlocal saved
        if said.export_outbox is not None:
            path = said.export_outbox
            saved = export_outbox(ledger, keys.signing_key, path, now=now)
            sys.stdout.write(_("{n} records saved in {path}").format(n=saved, path=path) + "\n")
        if said.leave:
            check_leave(ledger, now=now, saved=saved)

    _opened(here, vault, work)
    if said.leave_nothing:
        remove_all(here, vault)
    elif said.leave:
        remove_store(here)


def _tills(said: Arguments) -> Iterator[TillHere]:
    """Every profile that has kept anything, asked one after another."""
    for here in profiles(said.home):
        files = tuple(str(path) for path in kept(here))
        if files:
            terminal, waiting, problem = _asked(said, here)
            yield TillHere(here.profile, terminal, waiting, problem, files)


def _asked(said: Arguments, here: Places) -> tuple[int, int, str]:
    demo = places(here.profile, root=here.demo)
    try:
        if demo.lock.exists():
            with _held(demo):  # nothing of a demo has to be saved, but it must not be at work
                pass
        if not here.ledger.exists():
            return 0, 0, ""
        with _held(here):
            return _opened(here, _vault(said), lambda ledger, _keys: _state(ledger))
    except Refused as refused:
        return 0, 0, refusal_text(refused)


def _state(ledger: Ledger) -> tuple[int, int, str]:
    terminal = ledger.identity.terminal if ledger.identity is not None else 0
    return terminal, unsent(ledger), ""


def _opened(here: Places, vault: Vault | None, work: Callable[[Ledger, Keys], Answer]) -> Answer:
    now = SystemClock().now()
    keys = load_keys(here, random_bytes=secrets.token_bytes, vault=vault)
    store = open_store(here, keys, random_bytes=secrets.token_bytes, now=now)
    try:
        return work(store.ledger, keys)
    finally:
        store.close(now)


@contextmanager
def _held(here: Places) -> Iterator[None]:
    lock = hold_lock(here.lock)
    try:
        yield
    finally:
        lock.release()


def _vault(said: Arguments) -> Vault | None:
    return None if said.demo or said.home else system_vault()
