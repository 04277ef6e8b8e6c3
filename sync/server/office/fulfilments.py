"""Fulfilments: goods that were redeemed and are handed over later."""

from sqlalchemy import Connection

from sync.programme.members import bucket_of
from sync.server.office.feed import raise_members
from sync.server.office.head_office import HeadOffice
from sync.server.store.dialect import insert_rows
from sync.server.store.states import FulfilmentState
from sync.server.store.tables import fulfilments

_ID_BYTES = 16


def make_ready(
    office: HeadOffice,
    connection: Connection,
    *,
    member: int,
    reward: int,
    store: int,
    place: str,
    at: int,
) -> bytes:
    """Note that a reward lies ready for a member at a place in a store; return its id."""
    fulfilment = office.random(_ID_BYTES)
    row = {
        "bucket": bucket_of(member),
        "member_id": member,
        "fulfilment_id": fulfilment,
        "reward_id": reward,
        "store_id": store,
        "place": place,
        "state": int(FulfilmentState.READY),
        "reserved_at": at,
    }
    insert_rows(connection, fulfilments, [row])
    raise_members(connection, {member: store})
    return fulfilment
