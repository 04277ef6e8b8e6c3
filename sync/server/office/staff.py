"""Staff: who may sign in where. The PIN itself is never stored, its verifier only sealed."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, select

from sync.programme.document import Role
from sync.protocol.messages import StaffRow
from sync.protocol.pin import derive
from sync.server.office.feed import raise_lists, staff_list
from sync.server.office.head_office import HeadOffice
from sync.server.store.dialect import put_rows
from sync.server.store.states import StaffStatus
from sync.server.store.tables import staff

_SALT_BYTES = 16
_NONCE_BYTES = 12
_BADGE_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """A person who works in a store. `shift` as "07:00-15:00", "" for none."""

    id: int
    store: int
    name: str
    role: Role
    shift: str = ""


def employ(office: HeadOffice, connection: Connection, person: Colleague, *, pin: str) -> None:
    """Add a person, or change what is known of one, with a new PIN and badge."""
    salt, nonce = office.random(_SALT_BYTES), office.random(_NONCE_BYTES)
    sealed = AESGCM(office.keys.pins).encrypt(nonce, derive(pin, salt), _bound(person.id))
    row = {
        "staff_id": person.id,
        "store_id": person.store,
        "name": person.name,
        "role": person.role,
        "salt": salt,
        "verifier": nonce + sealed,
        "badge": office.random(_BADGE_BYTES),
        "status": int(StaffStatus.ACTIVE),
        "shift": person.shift,
    }
    put_rows(connection, staff, [row])
    raise_lists(connection, [staff_list(person.store)])


def staff_rows(office: HeadOffice, connection: Connection, store: int) -> tuple[StaffRow, ...]:
    """Return the people of a store as its terminals hold them, blocked ones included."""
    cipher = AESGCM(office.keys.pins)
    rows = connection.execute(
        select(staff).where(staff.c.store_id == store).order_by(staff.c.staff_id)
    )
    return tuple(
        StaffRow(
            id=row.staff_id,
            name=row.name,
            role=row.role,
            salt=row.salt.hex(),
            verifier=cipher.decrypt(
                row.verifier[:_NONCE_BYTES], row.verifier[_NONCE_BYTES:], _bound(row.staff_id)
            ).hex(),
            badge=row.badge.hex() if row.badge else "",
            status=row.status,
            shift=row.shift,
        )
        for row in rows
    )


def roles(connection: Connection, store: int) -> dict[int, Role]:
    """Return the role of each person of a store."""
    rows = connection.execute(
        select(staff.c.staff_id, staff.c.role).where(staff.c.store_id == store)
    )
    return {row.staff_id: row.role for row in rows}


def _bound(person: int) -> bytes:
    return b"staff" + person.to_bytes(8, "big")
