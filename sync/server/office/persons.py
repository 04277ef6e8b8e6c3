"""Personal data: sealed with a key per member, found by keyed hashes, gone with its key.

The sealed part lies in the server's database, the member's key in the other one, itself wrapped
with the field key. Whoever copies either alone reads nothing; destroying the one key makes every
copy unreadable. Keys are committed before the data they seal.
"""

import hashlib
import hmac
from collections.abc import Iterable

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, select

from sync.programme.members import bucket_of
from sync.server.office.head_office import HeadOffice
from sync.server.store.dialect import Among, add_rows, portions
from sync.server.store.states import IdentifierKind
from sync.server.store.tables import identifiers, member_keys, persons

_KEY_BYTES = 32
_NONCE_BYTES = 12
_HASH_BYTES = 16

_WRAPPED = Among(
    (member_keys.c.bucket, member_keys.c.member_id),
    lambda are_wanted: select(member_keys.c.member_id, member_keys.c.wrapped).where(are_wanted),
)
_HOLDERS = Among(
    (identifiers.c.value_hash, identifiers.c.kind),
    lambda are_wanted: select(
        identifiers.c.value_hash, identifiers.c.kind, identifiers.c.member_id
    ).where(are_wanted),
)


class Details(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed: digits of CPF and national phone, birthday as "MM-DD"; "" for none."""

    cpf: str = ""
    phone: str = ""
    birthday: str = ""
    email: str = ""


def make_keys(office: HeadOffice, members: Iterable[int]) -> dict[int, bytes]:
    """Return the members' keys, made and committed for those who have none."""
    wanted = sorted(set(members))
    if not wanted:
        return {}
    field = AESGCM(office.keys.field)
    rows = []
    for member in wanted:
        nonce = office.random(_NONCE_BYTES)
        sealed = field.encrypt(nonce, office.random(_KEY_BYTES), _bound(member))
        row = {"bucket": bucket_of(member), "member_id": member, "wrapped": nonce + sealed}
        rows.append(row)
    with office.database.keys_writing.begin() as connection:
        add_rows(connection, member_keys, rows)
        return _unwrapped(connection, field, wanted)


def keys_of(office: HeadOffice, members: Iterable[int]) -> dict[int, bytes]:
    """Return the keys of those members that have one."""
    wanted = sorted(set(members))
    if not wanted:
        return {}
    with office.database.keys_reading.begin() as connection:
        return _unwrapped(connection, AESGCM(office.keys.field), wanted)


def destroy_key(office: HeadOffice, member: int) -> None:
    """Make a member's personal data unreadable, wherever copies of it lie."""
    with office.database.keys_writing.begin() as connection:
        connection.execute(
            delete(member_keys).where(
                member_keys.c.bucket == bucket_of(member), member_keys.c.member_id == member
            )
        )


def person_row(office: HeadOffice, member: int, key: bytes, details: Details) -> dict[str, object]:
    """Return the row of `persons` that seals `details`."""
    nonce = office.random(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, msgspec.json.encode(details), _bound(member))
    return {"bucket": bucket_of(member), "member_id": member, "sealed": nonce + sealed}


def details_in(sealed: bytes, member: int, key: bytes | None) -> Details:
    """Return what was sealed for a member; nothing once their key is gone."""
    if key is None:
        return Details()
    try:
        plain = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(member))
    except InvalidTag:
        return Details()
    return msgspec.json.decode(plain, type=Details)


def details_of(office: HeadOffice, connection: Connection, member: int) -> Details:
    """Return a member's personal data."""
    sealed: bytes | None = connection.scalar(
        select(persons.c.sealed).where(
            persons.c.bucket == bucket_of(member), persons.c.member_id == member
        )
    )
    if sealed is None:
        return Details()
    return details_in(sealed, member, keys_of(office, [member]).get(member))


def value_hash(key: bytes, kind: IdentifierKind, digits: str) -> bytes:
    """Return what the server finds a CPF, phone or e-mail by: an HMAC with its own key."""
    said = kind.to_bytes(1, "big") + digits.encode()
    return hmac.new(key, said, hashlib.sha256).digest()[:_HASH_BYTES]


def holders(
    connection: Connection, wanted: Iterable[tuple[bytes, IdentifierKind]]
) -> dict[tuple[bytes, int], int]:
    """Return which of these identifiers are taken, and by which member."""
    keys = [(value, int(kind)) for value, kind in wanted]
    if not keys:
        return {}
    rows = _HOLDERS.rows(connection, keys)
    return {(row.value_hash, row.kind): row.member_id for row in rows}


def _unwrapped(connection: Connection, field: AESGCM, members: list[int]) -> dict[int, bytes]:
    held: dict[int, bytes] = {}
    for part in portions([(bucket_of(member), member) for member in members]):
        for row in _WRAPPED.rows(connection, part):
            nonce, sealed = row.wrapped[:_NONCE_BYTES], row.wrapped[_NONCE_BYTES:]
            held[row.member_id] = field.decrypt(nonce, sealed, _bound(row.member_id))
    return held


def _bound(member: int) -> bytes:
    """Bind a sealed value to its member: swapped rows do not open."""
    return member.to_bytes(8, "big")
