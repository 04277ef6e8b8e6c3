"""Enrolling terminals: a one-time code and a public key become a terminal with a journal.

A code is good for ten minutes and one key; the same key may repeat it, so a lost answer costs
nothing. The server keeps only a keyed hash of the code.
"""

import hashlib
import hmac

from sqlalchemy import Connection, Row, delete, func, select, update

from sync.programme import voucher_code
from sync.programme.refusals import Reason, Refused
from sync.protocol import chain, version
from sync.protocol.messages import EnrolAnswer, EnrolRequest
from sync.server.office.epoch import epoch
from sync.server.office.head_office import HeadOffice
from sync.server.store.dialect import add_rows, add_up_rows
from sync.server.store.states import IncarnationState, TerminalState
from sync.server.store.tables import enrolment_codes, incarnations, terminals, wrong_codes

CODE_LIFE_MS = 10 * 60 * 1000
WRONG_PER_MINUTE = 5

_MINUTE_MS = 60 * 1000
_CODE_CHARACTERS = 11
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_KEY_BYTES = 32


def issue_code(
    office: HeadOffice,
    connection: Connection,
    *,
    store: int,
    name: str,
    now: int,
    terminal: int | None = None,
) -> str:
    """Return a new one-time code, XXXX-XXXX-XXXX, for a terminal called `name` in a store.

    With `terminal` the code gives a known terminal a new life instead of making another one.
    """
    body = "".join(_ALPHABET[byte % 32] for byte in office.random(_CODE_CHARACTERS))
    code = body + voucher_code.check_character(body)
    row = {
        "code_mac": _mac(office, code),
        "store_id": store,
        "name": name,
        "terminal_id": terminal,
        "expires_at": now + CODE_LIFE_MS,
        "used_key": None,
        "used_incarnation": None,
    }
    connection.execute(delete(enrolment_codes).where(enrolment_codes.c.expires_at < now))
    add_rows(connection, enrolment_codes, [row])
    return voucher_code.formatted(code)


def enrol(office: HeadOffice, request: EnrolRequest, *, source: str, now: int) -> EnrolAnswer:
    """Make a terminal of whoever holds a good code. `source` is the caller's address.

    Raises Refused: VERSION_UNSUPPORTED, SIGNATURE_INVALID for a key that is none,
    ENROLMENT_CODE_INVALID, with the fact `seconds` when wrong codes come too fast.
    """
    version.agree(request.protocol, request.oldest)
    public_key = _public_key(request.public_key)
    with office.database.write() as connection:
        _check_pace(connection, source, now)
        code = _find(office, connection, request.code, public_key, now)
        if code is not None:
            return _answer(office, connection, code, public_key, now)
        _note_wrong(connection, source, now)
    raise Refused(Reason.ENROLMENT_CODE_INVALID)


def add_terminal(connection: Connection, *, store: int, name: str, now: int) -> int:
    """Make a terminal without a life yet and return its number."""
    newest: int | None = connection.scalar(select(func.max(terminals.c.terminal_id)))
    number = (newest or 0) + 1
    row = {
        "terminal_id": number,
        "store_id": store,
        "name": name,
        "state": int(TerminalState.ACTIVE),
        "incarnation": 0,
        "created_at": now,
        "lost_at": None,
    }
    add_rows(connection, terminals, [row])
    return number


def begin_life(
    connection: Connection, terminal: int, public_key: bytes, *, now: int, last_seq: int = 0
) -> int:
    """Give a terminal its next incarnation and return its number.

    Its journal is empty; sequences begin behind `last_seq`.
    """
    life: int = connection.execute(
        update(terminals)
        .where(terminals.c.terminal_id == terminal)
        .values(incarnation=terminals.c.incarnation + 1)
        .returning(terminals.c.incarnation)
    ).scalar_one()
    # Issuer 0 is head office itself.
    issuer: int | None = connection.scalar(select(func.max(incarnations.c.issuer)))
    row = {
        "terminal_id": terminal,
        "n": life,
        "issuer": (issuer or 0) + 1,
        "public_key": public_key,
        "last_seq": last_seq,
        "head_hash": chain.first_hash(terminal=terminal, incarnation=life, public_key=public_key),
        "state": int(IncarnationState.ACTIVE),
        "created_at": now,
        "contact_at": now,
        "contact_before": now,
        "epoch": epoch(connection),
        "parent": None,
        "parent_seq": None,
        "parent_head": None,
        "parent_branch": None,
        "asked": None,
    }
    add_rows(connection, incarnations, [row])
    return life


def _answer(
    office: HeadOffice,
    connection: Connection,
    code: Row[tuple[object, ...]],
    public_key: bytes,
    now: int,
) -> EnrolAnswer:
    terminal: int = code.terminal_id
    life: int = code.used_incarnation
    if code.used_key is None:
        if code.terminal_id is None:
            terminal = add_terminal(connection, store=code.store_id, name=code.name, now=now)
        life = begin_life(connection, terminal, public_key, now=now)
        connection.execute(
            update(enrolment_codes)
            .where(enrolment_codes.c.code_mac == code.code_mac)
            .values(used_key=public_key, used_incarnation=life, terminal_id=terminal)
        )
    issuer: int = connection.execute(
        select(incarnations.c.issuer).where(
            incarnations.c.terminal_id == terminal, incarnations.c.n == life
        )
    ).scalar_one()
    return EnrolAnswer(
        terminal=terminal,
        incarnation=life,
        issuer=issuer,
        store=code.store_id,
        name=code.name,
        server_key=office.keys.config.public_key().public_bytes_raw().hex(),
        identifier_key=office.keys.terminals.hex(),
        epoch=epoch(connection),
        now=now,
    )


def _find(
    office: HeadOffice, connection: Connection, text: str, public_key: bytes, now: int
) -> Row[tuple[object, ...]] | None:
    try:
        code = voucher_code.parse_voucher_code(text)
    except Refused:
        return None
    row = connection.execute(
        select(enrolment_codes).where(
            enrolment_codes.c.code_mac == _mac(office, code), enrolment_codes.c.expires_at >= now
        )
    ).one_or_none()
    if row is None or row.used_key not in (None, public_key):
        return None
    return row


def _check_pace(connection: Connection, source: str, now: int) -> None:
    attempts: int | None = connection.scalar(
        select(wrong_codes.c.attempts).where(
            wrong_codes.c.source == source, wrong_codes.c.minute == now // _MINUTE_MS
        )
    )
    if (attempts or 0) >= WRONG_PER_MINUTE:
        left = _MINUTE_MS - now % _MINUTE_MS
        raise Refused(Reason.ENROLMENT_CODE_INVALID, seconds=-(-left // 1000))


def _note_wrong(connection: Connection, source: str, now: int) -> None:
    minute = now // _MINUTE_MS
    connection.execute(delete(wrong_codes).where(wrong_codes.c.minute < minute))
    row = {"source": source, "minute": minute, "attempts": 1}
    add_up_rows(connection, wrong_codes, [row], sums=["attempts"])


def _mac(office: HeadOffice, code: str) -> bytes:
    return hmac.digest(office.keys.identifiers, b"enrolment\0" + code.encode(), hashlib.sha256)


def _public_key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError as fault:
        raise Refused(Reason.SIGNATURE_INVALID) from fault
    if len(key) != _KEY_BYTES:
        raise Refused(Reason.SIGNATURE_INVALID)
    return key
