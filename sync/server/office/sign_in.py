"""Signing in by a one-time code: six digits, ten minutes, once.

Whoever asks hears the same, in the same time, whether a member was found or not: the same
statements run, and the letter is written afterwards. What is asked and what is tried is counted per
person, per browser and per address; nothing but keyed hashes of them is kept.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from sync.programme.cpf import parse_cpf
from sync.programme.email_address import parse_email
from sync.programme.members import bucket_of
from sync.programme.phone import parse_phone
from sync.programme.refusals import Refused
from sync.server.office.head_office import HeadOffice
from sync.server.office.persons import details_of, holders, value_hash
from sync.server.office.sessions import begin_session
from sync.server.store.dialect import add_up_rows, put_rows
from sync.server.store.states import IdentifierKind
from sync.server.store.tables import members, sign_in_codes, sign_in_tries

CODE_LIFE_MS = 10 * 60 * 1000
CODE_DIGITS = 6
TRIES = 5
WINDOW_MINUTES = 15

_MINUTE_MS = 60 * 1000
_SUBJECT_BYTES = 16
_MAC_BYTES = 32
_TYPED_MAX = 254


@dataclass(frozen=True, slots=True)
class Wait:
    """Too much was asked; in `seconds` again."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A code that may be sent: `member` is 0 when there is nobody to send it to."""

    member: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom a code goes to: their e-mail, else their phone; "" for what is not known."""

    name: str
    email: str
    phone: str


def ask_code(
    office: HeadOffice, typed: str, *, visitor: bytes, source: str, now: int
) -> Asked | Wait:
    """Make a code for whoever `typed` names by e-mail, phone or CPF; a newer one replaces it.

    `visitor` is the secret of the browser that asks, the only one that can use the code; `source`
    its network address.
    """
    named = _identifiers(typed)
    subjects = [
        _subject(office, "ask-from", source),
        *(_subject(office, f"ask-for-{kind.name}", said) for kind, said in named),
    ]
    with office.database.write() as connection:
        wait = _count(connection, subjects, now)
        if wait is not None:
            return wait
        member = _holder(office, connection, named)
        code = _new_code(office)
        mac = _mac(office, visitor, code) if member else office.random(_MAC_BYTES)
        connection.execute(delete(sign_in_codes).where(sign_in_codes.c.expires_at < now))
        row = {
            "visitor": _kept(visitor),
            "asked_for": member,
            "code_mac": mac,
            "attempts": 0,
            "expires_at": now + CODE_LIFE_MS,
        }
        put_rows(connection, sign_in_codes, [row])
    return Asked(member, code)


def try_code(
    office: HeadOffice, typed: str, *, visitor: bytes, source: str, now: int
) -> bytes | Wait | None:
    """Return the secret of a new session for the right code, None for a wrong one.

    A code is gone once it was right, or wrong five times.
    """
    digits = "".join(typed.split())
    with office.database.write() as connection:
        held = connection.execute(
            select(sign_in_codes)
            .where(sign_in_codes.c.visitor == _kept(visitor), sign_in_codes.c.expires_at >= now)
            .with_for_update()
        ).one_or_none()
        member: int = held.asked_for if held else 0
        subjects = [
            _subject(office, "try-from", source),
            _subject(office, "try-in", visitor.hex()),
            _subject(office, "try-for", str(member) if member else visitor.hex()),
        ]
        wait = _count(connection, subjects, now)
        if wait is not None:
            return wait
        right = held.code_mac if held else office.random(_MAC_BYTES)
        if not hmac.compare_digest(right, _mac(office, visitor, digits)) or not member:
            _note_wrong(connection, visitor)
            return None
        connection.execute(delete(sign_in_codes).where(sign_in_codes.c.visitor == _kept(visitor)))
        _uncount(connection, subjects, now)
        return begin_session(office, connection, member, now=now)


def recipient(office: HeadOffice, member: int) -> Recipient:
    """Return whom a member's code goes to."""
    with office.database.read() as connection:
        name: str | None = connection.scalar(
            select(members.c.display_name).where(
                members.c.bucket == bucket_of(member), members.c.member_id == member
            )
        )
        details = details_of(office, connection, member)
    return Recipient(name=name or "", email=details.email, phone=details.phone)


def _identifiers(typed: str) -> list[tuple[IdentifierKind, str]]:
    """What a text may name: eleven digits are a CPF, a phone, or both."""
    text = typed.strip()[:_TYPED_MAX]
    parsers: dict[IdentifierKind, Callable[[str], str]] = {
        IdentifierKind.EMAIL: parse_email,
        IdentifierKind.CPF: lambda said: parse_cpf(said).digits,
        IdentifierKind.PHONE: lambda said: parse_phone(said).national,
    }
    found = []
    for kind, parse in parsers.items():
        try:
            if said := parse(text):
                found.append((kind, said))
        except Refused:
            continue
    return found


def _holder(
    office: HeadOffice, connection: Connection, named: Iterable[tuple[IdentifierKind, str]]
) -> int:
    key = office.keys.identifiers
    wanted = [(value_hash(key, kind, said), kind) for kind, said in named]
    # Asked in any case: an answer takes as long for a text that names nobody.
    wanted = wanted or [(office.random(_SUBJECT_BYTES), IdentifierKind.EMAIL)]
    held = holders(connection, wanted)
    return next((held[value, kind] for value, kind in wanted if (value, kind) in held), 0)


def _count(connection: Connection, subjects: Iterable[bytes], now: int) -> Wait | None:
    """Count one more for each subject; when one has had its share, count nothing and say so."""
    minute = now // _MINUTE_MS
    counted: list[bytes] = []
    connection.execute(delete(sign_in_tries).where(sign_in_tries.c.minute <= minute - 60))
    for subject in sorted(set(subjects)):
        # Counted before it is read: then no two at once both read the last one as free.
        _add(connection, subject, minute, 1)
        counted.append(subject)
        row = connection.execute(
            select(
                func.sum(sign_in_tries.c.attempts).label("spent"),
                func.min(sign_in_tries.c.minute).label("oldest"),
            ).where(
                sign_in_tries.c.subject == subject,
                sign_in_tries.c.minute > minute - WINDOW_MINUTES,
                sign_in_tries.c.attempts > 0,
            )
        ).one()
        if int(row.spent) > TRIES:
            for one in counted:
                _add(connection, one, minute, -1)
            return Wait((row.oldest + WINDOW_MINUTES) * 60 - now // 1000)
    return None


def _uncount(connection: Connection, subjects: Iterable[bytes], now: int) -> None:
    for subject in sorted(set(subjects)):
        _add(connection, subject, now // _MINUTE_MS, -1)


def _add(connection: Connection, subject: bytes, minute: int, attempts: int) -> None:
    row = {"subject": subject, "minute": minute, "attempts": attempts}
    add_up_rows(connection, sign_in_tries, [row], sums=["attempts"])


def _note_wrong(connection: Connection, visitor: bytes) -> None:
    own = sign_in_codes.c.visitor == _kept(visitor)
    connection.execute(
        update(sign_in_codes).where(own).values(attempts=sign_in_codes.c.attempts + 1)
    )
    connection.execute(delete(sign_in_codes).where(own, sign_in_codes.c.attempts >= TRIES))


def _new_code(office: HeadOffice) -> str:
    # 64 bits over a million: no digit is likelier than another by more than 1 in 10^13.
    return f"{int.from_bytes(office.random(8), 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def _subject(office: HeadOffice, label: str, value: str) -> bytes:
    said = f"{label}\0{value}".encode("utf-8", "surrogatepass")
    return hmac.digest(office.keys.identifiers, said, hashlib.sha256)[:_SUBJECT_BYTES]


def _mac(office: HeadOffice, visitor: bytes, code: str) -> bytes:
    said = b"sign-in\0" + visitor + code.encode("utf-8", "surrogatepass")
    return hmac.digest(office.keys.identifiers, said, hashlib.sha256)


def _kept(visitor: bytes) -> bytes:
    return hashlib.sha256(b"loyalty-desk/visitor/1\0" + visitor).digest()
