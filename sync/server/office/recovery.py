"""Recovery: the server was restored from an older copy, and its terminals know what it lost.

A terminal shows with its hello what the server once signed: the last acknowledgement and its
leases. What the server cannot match proves the loss. It begins a new epoch and lends nothing until
every terminal that was heard in the last week before the copy has said hello and pushed again what
is missing, or a manager ends the wait. Purchases count all the while.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, func, select, update

from sync.programme.members import bucket_of
from sync.programme.refusals import Refused
from sync.protocol import signing
from sync.protocol.events import WHOLE_MAX
from sync.protocol.messages import Acknowledgement, Hello, LeaseRow
from sync.server.office import lease_rows
from sync.server.office.audit import note
from sync.server.office.epoch import Era, begin_era, end_wait, era
from sync.server.office.feed import lease_list, raise_lists, raise_members
from sync.server.office.head_office import DAY_MS, HeadOffice
from sync.server.office.lives import branch_of
from sync.server.office.terminals import Caller, is_life
from sync.server.store.dialect import Key, add_rows, among, portions
from sync.server.store.states import IncarnationState, LeaseState, TerminalState
from sync.server.store.tables import balances, incarnations, leases, terminals

_WEEK_MS = 7 * DAY_MS
# An epoch is numbered by the second it begins in: of two that began from one copy, neither has the
# other's number, so that a cursor or lease of a time that is lost never passes for one of today's.
_FIRST_EPOCH_S = 1_767_225_600  # 1 January 2026
_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a terminal proves: how far it was acknowledged, and the leases that are not here."""

    acked: Acknowledgement | None
    lost: Sequence[LeaseRow]


def take_proofs(
    office: HeadOffice, connection: Connection, caller: Caller, hello: Hello, *, now: int
) -> Era:
    """Compare what a terminal shows with what is here; return the epoch that this leaves.

    Leases that were lost are bound again. Once the terminal's whole journal is here, those that it
    gave back after the copy was made are freed again.
    """
    shown = _Shown(
        acked=hello.acked if _is_ours(office, caller, hello.acked) else None,
        lost=_lost_leases(office, connection, caller, hello.leases or ()),
    )
    current = era(connection)
    if _is_restored(connection, caller, shown, current):
        current = _begin(office, connection, caller, shown, current, now)
    touched = _bind_again(connection, caller, shown.lost, current)
    touched |= _confirm(connection, caller, hello, current)
    raise_members(connection, dict.fromkeys(touched, caller.store))
    if current.recovering and not _awaited(connection, current):
        _end(office, connection, actor="server", now=now)
    return era(connection)


def end_recovery(office: HeadOffice, *, staff: int, now: int) -> bool:
    """Stop waiting for terminals that have not come; return whether there was a wait to end.

    Who comes later still pushes what is missing; of leases that were lost with the copy it gets
    only what is available then.
    """
    with office.database.write() as connection:
        if not era(connection).recovering:
            return False
        _end(office, connection, actor=f"staff:{staff}", now=now)
        return True


def awaited(office: HeadOffice) -> tuple[int, ...]:
    """Return the terminals that a recovering server waits for."""
    with office.database.read() as connection:
        current = era(connection)
        return _awaited(connection, current) if current.recovering else ()


def _is_ours(office: HeadOffice, caller: Caller, acked: Acknowledgement | None) -> bool:
    """Say whether this server signed the acknowledgement for this life of the caller."""
    if acked is None:
        return False
    try:
        part = signing.ack_part(
            terminal=caller.terminal,
            incarnation=caller.incarnation,
            epoch=acked.epoch,
            seq=acked.last_seq,
            head=bytes.fromhex(acked.head),
        )
        _check(office, acked.signature, part)
    except (Refused, ValueError, OverflowError):
        return False
    return True


def _lost_leases(
    office: HeadOffice, connection: Connection, caller: Caller, shown: Sequence[LeaseRow]
) -> list[LeaseRow]:
    """The leases that this server granted to the caller's life and does not have."""
    named = {_lease_key(row): row for row in shown if _is_possible(row)}
    for part in portions(list(named)):
        columns = (leases.c.bucket, leases.c.member_id, leases.c.lease_id)
        for row in connection.execute(select(*columns).where(among(connection, columns, part))):
            named.pop((row.bucket, row.member_id, row.lease_id))
    return [row for row in named.values() if _is_granted(office, caller, row)]


def _is_possible(row: LeaseRow) -> bool:
    try:
        sound = len(bytes.fromhex(row.id)) == _ID_BYTES
    except ValueError:
        return False
    numbers = (row.member, row.amount, row.granted_at, row.stops_at)
    return sound and all(0 < n <= WHOLE_MAX for n in numbers)


def _lease_key(row: LeaseRow) -> Key:
    return bucket_of(row.member), row.member, bytes.fromhex(row.id)


def _is_granted(office: HeadOffice, caller: Caller, row: LeaseRow) -> bool:
    try:
        part = signing.grant_part(
            terminal=caller.terminal,
            incarnation=caller.incarnation,
            epoch=row.epoch,
            lease=bytes.fromhex(row.id),
            member=row.member,
            amount=row.amount,
            granted_at=row.granted_at,
            stops_at=row.stops_at,
        )
        _check(office, row.signature, part)
    except (Refused, OverflowError):
        return False
    return True


def _check(office: HeadOffice, signature: str, part: bytes) -> None:
    key = office.keys.config.public_key().public_bytes_raw()
    signing.check_ack(key, signature=signature, part=part)


def _is_restored(connection: Connection, caller: Caller, shown: _Shown, current: Era) -> bool:
    """Say whether the server lacks what it signed itself in this epoch or a later one."""
    if any(row.epoch >= current.epoch for row in shown.lost):
        return True
    acked = shown.acked
    if acked is None or acked.epoch < current.epoch:
        return False
    if acked.epoch > current.epoch:
        return True
    return branch_of(connection, caller, acked.last_seq, bytes.fromhex(acked.head)) != 0


def _begin(
    office: HeadOffice,
    connection: Connection,
    caller: Caller,
    shown: _Shown,
    current: Era,
    now: int,
) -> Era:
    epochs = [current.epoch, *(row.epoch for row in shown.lost)]
    if shown.acked is not None:
        epochs.append(shown.acked.epoch)
    return _begin_after(office, connection, max(epochs), by=caller.terminal, now=now)


def begin_restored(office: HeadOffice, connection: Connection, *, now: int) -> bool:
    """Begin a new epoch in a copy that was put back, before a terminal has to prove it.

    Not in one that no terminal ever spoke to: there is nobody to wait for. Returns whether it has.
    """
    if not connection.scalar(select(func.count()).select_from(incarnations)):
        return False
    _begin_after(office, connection, era(connection).epoch, by=0, now=now)
    return True


def _begin_after(
    office: HeadOffice, connection: Connection, epoch: int, *, by: int, now: int
) -> Era:
    begun = max(epoch + 1, now // 1000 - _FIRST_EPOCH_S)
    # Counted from the copy's own last contact: however old it is, somebody was heard before it.
    last: int | None = connection.scalar(
        select(func.max(incarnations.c.contact_at)).where(incarnations.c.terminal_id != by)
    )
    awaits = (now if last is None else min(last, now)) - _WEEK_MS
    begin_era(connection, begun, awaits=awaits)
    facts = {"epoch": begun, "terminal": by}
    _note(office, connection, actor="server", act="server_restored", facts=facts, now=now)
    return era(connection)


def _bind_again(
    connection: Connection, caller: Caller, lost: Iterable[LeaseRow], current: Era
) -> set[int]:
    """Lend again what was lent after the copy was made; return the members.

    While nothing else is lent, all of it: what it rests on is still to be pushed. Afterwards only
    what is available, and what the terminal spends beyond that is the shop's.
    """
    touched = set()
    for row in lost:
        amount = row.amount if current.recovering else _available(connection, row)
        if amount <= 0 or caller.forked:
            continue
        offer = msgspec.structs.replace(row, amount=amount)
        stored = lease_rows.stored_row(
            caller, bytes.fromhex(row.id), offer, epoch=row.epoch, signature=row.signature
        )
        add_rows(connection, leases, [stored])
        # A member who is still to be pushed takes it over on arrival.
        if lease_rows.bind(connection, row.member, amount):
            touched.add(row.member)
    raise_lists(connection, [lease_list(caller.terminal)] if touched else [])
    return touched


def _available(connection: Connection, row: LeaseRow) -> int:
    available: int | None = connection.scalar(
        select(balances.c.points - balances.c.leased).where(
            balances.c.bucket == bucket_of(row.member),
            balances.c.member_id == row.member,
            balances.c.purse == 0,
        )
    )
    return min(row.amount, available or 0)


def _confirm(connection: Connection, caller: Caller, hello: Hello, current: Era) -> set[int]:
    """Note that a journal is whole in this epoch, and free what its terminal gave back before."""
    life = connection.execute(
        select(incarnations.c.epoch, incarnations.c.last_seq).where(is_life(caller))
    ).one()
    if life.epoch >= current.epoch or hello.last_seq > life.last_seq:
        return set()
    try:
        whole = branch_of(connection, caller, hello.last_seq, bytes.fromhex(hello.head)) == 0
    except ValueError:
        return set()
    if not whole:
        return set()
    connection.execute(update(incarnations).where(is_life(caller)).values(epoch=current.epoch))
    if hello.leases is None:
        return set()
    kept = {row.id for row in hello.leases}
    held = lease_rows.held_by(connection, caller.terminal, caller.incarnation)
    ended = [r for r in held if r.epoch < current.epoch and r.lease_id.hex() not in kept]
    return lease_rows.free(connection, ended, LeaseState.CLOSED)


def _awaited(connection: Connection, current: Era) -> tuple[int, ...]:
    rows = connection.execute(
        select(incarnations.c.terminal_id)
        .join(terminals, terminals.c.terminal_id == incarnations.c.terminal_id)
        .where(
            terminals.c.state == int(TerminalState.ACTIVE),
            incarnations.c.state == int(IncarnationState.ACTIVE),
            incarnations.c.contact_at >= current.awaits,
            incarnations.c.epoch < current.epoch,
        )
        .order_by(incarnations.c.terminal_id)
    )
    return tuple(row.terminal_id for row in rows)


def _end(office: HeadOffice, connection: Connection, *, actor: str, now: int) -> None:
    current = era(connection)
    missing = len(_awaited(connection, current))
    end_wait(connection, now=now)
    facts = {"epoch": current.epoch, "missing": missing}
    _note(office, connection, actor=actor, act="recovery_ended", facts=facts, now=now)


def _note(
    office: HeadOffice,
    connection: Connection,
    *,
    actor: str,
    act: str,
    facts: Mapping[str, int | str],
    now: int,
) -> None:
    note(office, connection, at=now, actor=actor, act=act, subject="server", facts=facts)
