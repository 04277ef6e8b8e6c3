"""Terminals: who is calling, which life of it, and when it was last heard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    Update,
    and_,
    bindparam,
    case,
    select,
    update,
)

from sync.programme.refusals import Reason, Refused
from sync.protocol import signing
from sync.server.office.head_office import HeadOffice
from sync.server.store.dialect import change
from sync.server.store.questions import Found, Question
from sync.server.store.states import IncarnationState, TerminalState
from sync.server.store.tables import incarnations, terminals

# A pause that makes the contact before it the last one of a terminal that was away.
_SILENCE_MS = 10 * 60 * 1000
_NOTED_MS = 60 * 1000


# The parameters of a statement about one life, for `named`; statements are written once.
OF_TERMINAL = bindparam("of_terminal", type_=Integer)
OF_LIFE = bindparam("of_life", type_=Integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A terminal that proved who it is. `incarnation` is the life whose key signed.

    `forked` tells that this life is over, or that two machines wrote it: it borrows no more.
    `lost` tells that somebody declared the terminal lost: it is heard, and told nothing. `heard_at`
    is when this life was last noted to be in contact (ms UTC), None where that was not asked; and
    `last_seq` up to where its journal is here at least.
    """

    terminal: int
    incarnation: int
    store: int
    name: str
    public_key: bytes
    forked: bool
    lost: bool = False
    heard_at: int | None = None
    last_seq: int = 0


# The condition that the life which `as_recognised` names is still as it was, and may borrow.
IS_AS_RECOGNISED = (
    select(incarnations.c.n)
    .join(terminals, terminals.c.terminal_id == incarnations.c.terminal_id)
    .where(
        incarnations.c.terminal_id == OF_TERMINAL,
        incarnations.c.n == OF_LIFE,
        incarnations.c.state == int(IncarnationState.ACTIVE),
        incarnations.c.public_key == bindparam("of_key", type_=LargeBinary),
        terminals.c.state == int(TerminalState.ACTIVE),
        terminals.c.store_id == bindparam("of_store", type_=Integer),
    )
    .exists()
)
_LIVES = Question(
    select(
        terminals.c.terminal_id,
        terminals.c.store_id,
        terminals.c.name,
        terminals.c.state,
        incarnations.c.n,
        incarnations.c.public_key,
        incarnations.c.state.label("life"),
        incarnations.c.contact_at,
        incarnations.c.last_seq,
    )
    .join(incarnations, incarnations.c.terminal_id == terminals.c.terminal_id)
    .where(terminals.c.terminal_id == bindparam("of_terminal"))
    .order_by(incarnations.c.n.desc())
)


def recognise(
    connection: Connection,
    headers: Mapping[str, str],
    *,
    method: str,
    target: str,
    body: bytes,
    now: int,
) -> Caller:
    """Return the terminal whose key signed a request; `headers` are looked up in lower case.

    An earlier life of a terminal is still heard: its journal may not be empty. A request that names
    its life is that life's; two of them may have one key. Raises Refused:
    TERMINAL_UNKNOWN, TERMINAL_REVOKED, SIGNATURE_INVALID, CLOCK_WRONG.
    """
    name = headers.get(signing.TERMINAL.lower(), "")
    named = headers.get(signing.INCARNATION.lower(), "")
    if not _is_number(name):
        raise Refused(Reason.TERMINAL_UNKNOWN)
    lives = [one for one in _lives(connection, int(name)) if named in ("", str(one.n))]
    fault = Refused(Reason.TERMINAL_UNKNOWN)
    for life in lives:
        try:
            signing.check_request(
                life.public_key, headers=headers, method=method, target=target, body=body, now=now
            )
            return _caller(life)
        except Refused as refused:
            if refused.reason is not Reason.SIGNATURE_INVALID:
                raise
            fault = refused
    raise fault


def hear(connection: Connection, caller: Caller, *, now: int, **more: object) -> None:
    """Note that the terminal was in contact at `now`, and `more` of the columns of its life."""
    changes = {_new(name): value for name, value in more.items()}
    change(
        connection,
        _hearing(tuple(more)),
        {**named(caller), _new("contact_at"): now, "silent_from": now - _SILENCE_MS, **changes},
    )


@cache
def _hearing(more: tuple[str, ...]) -> Update:
    """The statement that notes a contact, and these columns."""
    contact, before = incarnations.c.contact_at, incarnations.c.contact_before
    silent = contact < bindparam("silent_from", type_=BigInteger)
    changed: dict[str, ColumnElement[object]] = {
        "contact_before": case((silent, contact), else_=before),
        **{name: bindparam(_new(name)) for name in ("contact_at", *more)},
    }
    return (
        update(incarnations)
        .where(incarnations.c.terminal_id == OF_TERMINAL, incarnations.c.n == OF_LIFE)
        .values(changed)
    )


def _new(column: str) -> str:
    return f"new_{column}"


def hear_now_and_then(office: HeadOffice, caller: Caller, *, now: int) -> None:
    """Note once a minute that a terminal is in contact which has nothing to say."""
    if is_to_be_noted(caller, now=now):
        with office.database.write() as connection:
            hear(connection, caller, now=now)


def is_to_be_noted(caller: Caller, *, now: int) -> bool:
    """Say whether it is time to note again that a terminal is in contact."""
    return caller.heard_at is not None and now - caller.heard_at >= _NOTED_MS


def revoke(connection: Connection, terminal: int) -> None:
    """Stop listening to a terminal. Its leases stay bound until it is declared lost."""
    connection.execute(
        update(terminals)
        .where(terminals.c.terminal_id == terminal)
        .values(state=int(TerminalState.REVOKED))
    )


def _lives(connection: Connection, terminal: int) -> Sequence[Found]:
    return _LIVES.rows(connection, {"of_terminal": terminal})


def _caller(life: Found) -> Caller:
    if life.state == TerminalState.REVOKED:
        raise Refused(Reason.TERMINAL_REVOKED)
    return Caller(
        terminal=life.terminal_id,
        incarnation=life.n,
        store=life.store_id,
        name=life.name,
        public_key=life.public_key,
        forked=life.life != IncarnationState.ACTIVE,
        lost=life.state == TerminalState.LOST,
        heard_at=life.contact_at,
        last_seq=life.last_seq,
    )


def named(caller: Caller) -> dict[str, int]:
    """Return the values of OF_TERMINAL and OF_LIFE."""
    return {"of_terminal": caller.terminal, "of_life": caller.incarnation}


def as_recognised(caller: Caller) -> dict[str, object]:
    """Return the parameters of IS_AS_RECOGNISED."""
    return {**named(caller), "of_key": caller.public_key, "of_store": caller.store}


def is_life(caller: Caller) -> ColumnElement[bool]:
    """Return the condition for the caller's row in `incarnations`."""
    return and_(
        incarnations.c.terminal_id == caller.terminal, incarnations.c.n == caller.incarnation
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20
