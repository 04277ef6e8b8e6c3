"""Look-up: one member on demand, for a terminal that does not hold everybody."""

from sqlalchemy import Connection, select

from sync.programme.cpf import parse_cpf
from sync.programme.phone import parse_phone
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import WHOLE_MAX
from sync.protocol.messages import MemberQuery, PullAnswer
from sync.server.office.documents import rulebook
from sync.server.office.epoch import epoch
from sync.server.office.head_office import HeadOffice
from sync.server.office.member_rows import Asking, member_rows
from sync.server.office.owned import owned, owner
from sync.server.office.persons import holders, value_hash
from sync.server.office.pull import acked_seq, view_of
from sync.server.office.terminals import Caller
from sync.server.store.states import IdentifierKind
from sync.server.store.tables import cards, members

_ALONE = Asking(select(members.c.bucket, members.c.member_id).where(*owned(members)))


def look_up(office: HeadOffice, caller: Caller, query: MemberQuery, *, now: int) -> PullAnswer:
    """Return the member asked for, alone on a page; without one the page is empty.

    Raises Refused: CPF_INVALID, PHONE_INVALID, BATCH_UNREADABLE.
    """
    with office.database.read() as connection:
        member = _find(office, connection, query)
        view = view_of(rulebook(connection).in_force(now), caller.store, now=now)
        return PullAnswer(
            cursor="",
            more=False,
            epoch=epoch(connection),
            acked_seq=acked_seq(connection, caller),
            now=now,
            members=tuple(member_rows(office, connection, _ALONE, view, owner(member)).values()),
        )


def _find(office: HeadOffice, connection: Connection, query: MemberQuery) -> int:
    if query.member:
        return query.member if 0 < query.member <= WHOLE_MAX else 0
    if query.card:
        return _by_card(connection, query.card)
    key = office.keys.identifiers
    if query.cpf:
        cpf = value_hash(key, IdentifierKind.CPF, parse_cpf(query.cpf).digits)
        return holders(connection, [(cpf, IdentifierKind.CPF)]).get((cpf, IdentifierKind.CPF), 0)
    if query.phone:
        phone = value_hash(key, IdentifierKind.PHONE, parse_phone(query.phone).national)
        wanted = (phone, IdentifierKind.PHONE)
        return holders(connection, [wanted]).get(wanted, 0)
    raise Refused(Reason.BATCH_UNREADABLE)


def _by_card(connection: Connection, card: str) -> int:
    try:
        wanted = bytes.fromhex(card)
    except ValueError as fault:
        raise Refused(Reason.BATCH_UNREADABLE) from fault
    member: int | None = connection.scalar(
        select(cards.c.member_id).where(cards.c.card_id == wanted)
    )
    return member or 0
