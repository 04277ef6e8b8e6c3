"""What the server has stored of members, and what it should have stored."""

from dataclasses import dataclass

from sqlalchemy import select

from sync.programme.ledger import Account, fold
from sync.programme.tiers import tier_for
from sync.server.office.book import entries_of
from sync.server.office.documents import rulebook
from sync.server.office.head_office import HeadOffice
from sync.server.store.states import LeaseState
from sync.server.store.tables import balances, leases, ledger, lots, merchant_loss


@dataclass(frozen=True)
class Stored:
    account: Account
    tier: str


def stored(office: HeadOffice) -> dict[int, Stored]:
    """Every account as its columns have it."""
    with office.database.read() as connection:
        held: dict[int, list[tuple[str, int]]] = {}
        for row in connection.execute(select(lots).where(lots.c.earned != 0)):
            held.setdefault(row.member_id, []).append((row.expires_on, row.earned))
        return {
            row.member_id: Stored(
                account=Account(
                    points=row.points,
                    pending=row.pending,
                    debt=row.debt,
                    leased=row.leased,
                    spent=row.spent_total,
                    expired=row.expired_total,
                    qualifying=row.tier_points,
                    lots=tuple(
                        sorted(held.get(row.member_id, []), key=lambda lot: (lot[0] == "", lot[0]))
                    ),
                ),
                tier=row.tier,
            )
            for row in connection.execute(select(balances))
        }


def folded(office: HeadOffice) -> dict[int, Stored]:
    """Every account as its entries and its leases amount to."""
    with office.database.read() as connection:
        tiers = rulebook(connection).documents[-1].tiers
        members = connection.scalars(select(balances.c.member_id)).all()
        accounts = {
            member: fold(entries_of(connection, member), leased=lent(connection, member))
            for member in members
        }
    return {
        member: Stored(account=account, tier=tier_for(account.qualifying, tiers).id)
        for member, account in accounts.items()
    }


def lent(connection, member: int) -> int:
    held = connection.execute(
        select(leases.c.amount, leases.c.spent).where(
            leases.c.member_id == member, leases.c.state == int(LeaseState.ACTIVE)
        )
    )
    return sum(row.amount - row.spent for row in held)


def account(office: HeadOffice, member: int) -> Account:
    return stored(office)[member].account


def entries(office: HeadOffice, member: int):
    """A member's ledger, as (kind, points)."""
    with office.database.read() as connection:
        return [(entry.kind.value, entry.points) for entry in entries_of(connection, member)]


def lost(office: HeadOffice) -> int:
    """Points booked to the shop, less those taken back."""
    with office.database.read() as connection:
        rows = connection.execute(
            select(merchant_loss.c.points).where(merchant_loss.c.reversed_by.is_(None))
        )
        return sum(row.points for row in rows)


def entry_count(office: HeadOffice) -> int:
    with office.database.read() as connection:
        return len(connection.execute(select(ledger.c.line)).all())
