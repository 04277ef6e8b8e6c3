"""The oracle: whatever happens at however many tills, stored columns equal the fold of entries.

Random histories of honest, hurried and dishonest tills; batches that come again, events that come
twice, receipts used by two. Afterwards every account is folded from its entries and compared, and
the points of all tills are counted once more by hand.
"""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.protocol.events import AccrualEvent
from sync.server.office.documents import publish
from tests.server.accounts import account, folded, stored
from tests.server.shop import MINUTE, NOON, programme
from tests.server.sites import open_office
from tests.server.world import World, check_nothing_lost

STEPS = 40


def test_what_is_stored_is_what_the_entries_amount_to(engine):
    @settings(max_examples=engine.histories)
    @given(seed=st.integers(min_value=0, max_value=2**32))
    def holds(seed: int) -> None:
        site = engine.migrated()
        office = open_office(site)
        try:
            _check_history(office, seed)
        finally:
            office.database.close()
            engine.give_back(site)

    holds()


def _check_history(office, seed: int) -> None:
    with office.database.write() as connection:
        publish(connection, office.keys, programme(), now=NOON - 1)
    world = World(office, random.Random(seed))
    for _ in range(STEPS):
        world.step()
    world.settle()

    assert stored(office) == folded(office)
    check_nothing_lost(world)


def test_a_thousand_accruals_lose_nothing(office, till):
    chance = random.Random(1)
    members = [till.enrolment().member for _ in range(20)]
    till.push()
    expected = dict.fromkeys(members, 0)
    for _ in range(1_000):
        till.at += 7 * MINUTE
        member, amount = chance.choice(members), chance.randrange(100, 9_000)
        event = till.accrual(member, amount)
        assert isinstance(event, AccrualEvent)
        expected[member] += 1
        if till.seq - till.pushed == 250:
            till.push()
    till.push()

    assert stored(office) == folded(office)
    assert all(account(office, member).qualifying > 0 for member in members)
    with office.database.read() as connection:
        counted = connection.exec_driver_sql(
            "SELECT member_id, count(*) FROM ledger WHERE kind = 0 GROUP BY 1"
        ).all()
    assert dict(tuple(row) for row in counted) == expected
