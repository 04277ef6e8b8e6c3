"""Two real tills race for the last items of a shop: no more are handed over than there are."""

import threading

import pytest

from loyalty_desk.store.journal import Act
from sync.client import leases
from sync.client.outcomes import Rejected
from sync.programme import leases as rules
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import RedemptionEvent
from tests.client.central import central
from tests.client.till import a_till, new_id, wall

MUG, MUGS = 987_654, 7


@pytest.fixture
def shop(tmp_path):
    """A shop that counts seven mugs, and two tills that have been in touch."""
    with central(tmp_path / "central") as server:
        server.write(f"INSERT INTO stock (store_id, reward_id, units_left) SELECT 1, {MUG}, {MUGS}")
        with (
            a_till(tmp_path / "one", server, name="Caixa 11") as one,
            a_till(tmp_path / "two", server, name="Caixa 12") as two,
        ):
            for till in (one, two, one, two):
                till.engine = till.engine_with(till.server)  # a hello each time
                till.engine.round()
            yield one, two


def here(till) -> int:
    return rules.usable(till.ledger.leases.units(MUG), now=wall())


def hand_over(till, member: int) -> bool:
    """Hand one mug over from what is lent here; False when nothing is."""
    try:
        lease = rules.fitting(till.ledger.leases.units(MUG), 1, now=wall())
    except Refused:
        return False
    event = RedemptionEvent(
        **till.stamped(member=member, reward=MUG, points=0, units=lease.id.hex())
    )
    till.ledger.record([Act(event)])
    return True


def ask(till) -> Reason | None:
    """Ask the server for one more mug."""
    try:
        leases.borrow(
            till.server,
            till.store.replica,
            lease=bytes.fromhex(new_id()),
            member=0,
            points=1,
            reward=MUG,
            wall=wall,
        )
    except Rejected as rejected:
        return rejected.refused.reason
    return None


def test_cut_off_each_hands_over_its_share_and_one_share_stays(shop):
    had = [here(till) for till in shop]
    member = shop[0].somebody()
    given = [sum(hand_over(till, member) for _time in range(MUGS)) for till in shop]

    assert given == had
    assert min(given) > 0
    assert sum(given) < MUGS
    assert [here(till) for till in shop] == [0, 0]


def test_connected_they_hand_over_every_last_one_and_no_more(shop):
    member = shop[0].somebody()
    given = [0, 0]

    def serve(at: int) -> None:
        till, refused = shop[at], 0
        while refused < 3:
            if hand_over(till, member):
                given[at] += 1
            elif ask(till) is not None:
                refused += 1
            till.engine.round()

    threads = [threading.Thread(target=serve, args=(at,)) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(given) == MUGS
