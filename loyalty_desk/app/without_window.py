"""What the command line asks of a till without a window: save the outbox, take the till away."""

import secrets
import sys

from loyalty_desk.app.arguments import Arguments
from loyalty_desk.app.clock import SystemClock
from loyalty_desk.desk.outbox import check_leave, export_outbox
from loyalty_desk.paths import Places
from loyalty_desk.store.instance_lock import hold_lock
from loyalty_desk.store.keys import load_keys, system_vault
from loyalty_desk.store.opening import open_store, remove_store
from loyalty_desk.ui.texts import refusal_text
from sync.i18n import _
from sync.programme.refusals import Refused

_REFUSED = 4


def run(said: Arguments, here: Places) -> int:
    """Do what was asked and return the exit code: 0, or 4 with the refusal on standard error."""
    try:
        lock = hold_lock(here.lock)
        try:
            _work(said, here)
        finally:
            lock.release()
    except Refused as refused:
        sys.stderr.write(f"{refusal_text(refused)}\n")
        return _REFUSED
    return 0


def _work(said: Arguments, here: Places) -> None:
    now = SystemClock().now()
    vault = None if said.demo or said.home else system_vault()
    keys = load_keys(here, random_bytes=secrets.token_bytes, vault=vault)
    store = open_store(here, keys, random_bytes=secrets.token_bytes, now=now)
    try:
        if said.export_outbox is not None:
            path = said.export_outbox
            saved = export_outbox(store.ledger, keys.signing_key, path, now=now)
            sys.stdout.write(_("{n} records saved in {path}").format(n=saved, path=path) + "\n")
        if said.leave:
            check_leave(store.ledger)
    finally:
        store.close(now)
    if said.leave:
        remove_store(here)
        sys.stdout.write(_("This till has been removed from this machine.") + "\n")
