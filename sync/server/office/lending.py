"""Lending at once: a lease in one round trip to the database, where all is as it was for the last.

Only where another process keeps the data: files are near enough. Guarantees that a lease is kept
under the same conditions as step by step (`leases.py`): the one statement that binds the points
also asks whether they hold, and whether the caller is still who it was when it was recognised,
which may be some time ago. Where one does not, nothing is written, and whoever asked goes step by
step, which says what is in the way.
"""

from sqlalchemy import BigInteger, Integer, and_, bindparam, func, not_, select

from sync.programme.leases import cap_points
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import WHOLE_MAX
from sync.protocol.messages import LeaseRequest, LeaseRow
from sync.server.office import lease_rows
from sync.server.office.documents import IN_FORCE
from sync.server.office.epoch import IS_STEADY, steady
from sync.server.office.feed import ALL_MEMBERS, DIVIDED, lease_list
from sync.server.office.head_office import HeadOffice
from sync.server.office.holds import lives_of
from sync.server.office.owned import owned, owner
from sync.server.office.terminals import IS_AS_RECOGNISED, Caller, as_recognised
from sync.server.store.lending import lending
from sync.server.store.states import MemberStatus
from sync.server.store.tables import leases, members

_ID_BYTES = 16

# Of the rows as they are when the terminal's lives and the writers' lock are held.
_LENDABLE = and_(
    select(members.c.status).where(*owned(members)).scalar_subquery() == int(MemberStatus.ACTIVE),
    not_(
        select(leases.c.lease_id)
        .where(*owned(leases), leases.c.lease_id == bindparam("of_lease"))
        .exists()
    ),
    func.coalesce(lease_rows.LENT.scalar_subquery(), 0)
    <= bindparam("may_be_lent", type_=BigInteger),
    bindparam("of_version", type_=Integer) == IN_FORCE,
    IS_STEADY,
    not_(DIVIDED.element),
    IS_AS_RECOGNISED,
)


def lends_at_once(office: HeadOffice) -> bool:
    """Say whether it is worth asking: it never is on files, nor before a first lease."""
    return office.database.awaited is not None and office.expected.terms is not None


async def lent_at_once(
    office: HeadOffice, caller: Caller, request: LeaseRequest, *, now: int
) -> LeaseRow | None:
    """Lend the points of a request on terms that held the last time, None where that cannot be.

    The caller may have been recognised some time ago. Nothing or all of it is done, also where None
    is returned because the database cannot be asked: asked for again, it is the same lease. Raises
    Refused(BATCH_UNREADABLE).
    """
    lease = lease_id(request)
    terms, awaited = office.expected.terms, office.database.awaited
    if awaited is None or terms is None or caller.forked or request.reward or request.closes:
        return None
    cap = cap_points(terms.rules)
    if not 0 < request.points <= (WHOLE_MAX if cap is None else cap):
        return None
    signed, row = lease_rows.offer(office, caller, request, terms, now=now)
    asked = {
        **owner(request.member),
        **steady(terms.epoch),
        **as_recognised(caller),
        "of_lease": lease,
        "may_be_lent": (WHOLE_MAX if cap is None else cap) - request.points,
        "of_version": terms.rules.version,
        "at": now,
    }
    last = lending(
        office.database.writing.dialect,
        row,
        _LENDABLE,
        asked,
        listed=lease_list(caller.terminal),
        scope=ALL_MEMBERS,
    )
    written = await awaited.write(last, holding_first=lives_of(caller.terminal))
    return signed if written else None


def lease_id(request: LeaseRequest) -> bytes:
    """Return the id a lease is asked for by; raises Refused(BATCH_UNREADABLE) for what is none."""
    if not 0 < request.member <= WHOLE_MAX or abs(request.points) > WHOLE_MAX:
        raise Refused(Reason.BATCH_UNREADABLE)
    return read_id(request.id)


def read_id(text: str) -> bytes:
    """Return the id of a lease from its hexadecimal; raises Refused(BATCH_UNREADABLE)."""
    try:
        lease = bytes.fromhex(text)
    except ValueError as fault:
        raise Refused(Reason.BATCH_UNREADABLE) from fault
    if len(lease) != _ID_BYTES:
        raise Refused(Reason.BATCH_UNREADABLE)
    return lease
