"""Many at once: eight tills at work while others read; nothing is skipped or counted twice."""

import itertools
import random
import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import event, update

from sync.programme.leases import cap_points
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import Hello, LeaseClosing, LeaseRequest
from sync.server.office import lease_rows, leases
from sync.server.office.documents import rulebook
from sync.server.office.hello import greet
from sync.server.office.openings import Opening, open_accounts
from sync.server.office.persons import Details
from sync.server.office.stock import count_stock
from sync.server.store.states import MemberStatus
from sync.server.store.tables import members
from tests.server.accounts import account, folded, stored
from tests.server.shop import MINUTE, NOON, enrolled_till
from tests.server.sites import open_office
from tests.server.world import World, check_nothing_lost

WRITERS, PUSHES, STEPS = 8, 12, 20


def at_once(*acts) -> list[object]:
    """Do all at the same time; return what each returned, or how it was refused."""
    start = threading.Barrier(len(acts))

    def run(act) -> object:
        start.wait(60)
        try:
            return act()
        except Refused as refused:
            return refused.reason

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_a_reader_misses_nothing_while_eight_write(office):
    tills = [enrolled_till(office, store=1 + n % 2, seed=n) for n in range(WRITERS)]
    reader = enrolled_till(office, seed=99)
    shared = tills[0].member()
    done = threading.Event()
    copy, faults = {}, []

    def write(till) -> None:
        for _ in range(PUSHES):
            till.at += MINUTE
            joined = till.enrolment()
            till.accrual(joined.member, 1_000, visit=joined.id)
            till.accrual(shared, 100)
            faults.extend(till.push().results)

    def read() -> None:
        cursor = ""
        while True:
            last = done.is_set()
            page = reader.pull(cursor, limit=7)
            cursor = page.cursor
            copy.update({row.id: row for row in page.members})
            if last and not page.more:
                return

    reading = threading.Thread(target=read)
    reading.start()
    at_once(*(lambda till=till: write(till) for till in tills))
    done.set()
    reading.join(60)

    assert [result for result in faults if result.status != "accepted"] == []
    now = stored(office)
    assert now == folded(office)
    assert len(now) == 1 + WRITERS * PUSHES
    one = now[shared].account
    assert one.qualifying + one.pending == WRITERS * PUSHES
    assert {member: row.points for member, row in copy.items()} == {
        member: one.account.points for member, one in now.items()
    }


def test_eight_tills_that_do_everything_at_once_lose_nothing(office):
    seed = random.SystemRandom().getrandbits(32)
    world = World(office, random.Random(seed), tills=WRITERS)

    def work(till) -> None:
        for _ in range(STEPS):
            world.act(till)

    at_once(*(lambda till=till: work(till) for till in world.tills))
    world.settle()

    assert stored(office) == folded(office), seed
    check_nothing_lost(world)


def test_one_receipt_at_eight_tills_is_credited_once(office):
    tills = [enrolled_till(office, seed=n) for n in range(WRITERS)]
    members = [till.member() for till in tills]
    for till, member in zip(tills, members, strict=True):
        till.accrual(member, 1_000, receipt="5" * 44, evidence="receipt")

    answers = at_once(*(till.push for till in tills))

    codes = [answer.results[0].code if answer.results else "" for answer in answers]
    assert sorted(codes) == ["", *[Reason.RECEIPT_USED.value] * (WRITERS - 1)]
    assert sum(account(office, member).points for member in members) == 10 + 50 * WRITERS


def test_the_last_points_are_lent_to_one_of_eight_who_ask(office):
    tills = [enrolled_till(office, store=1 + n % 2, seed=n) for n in range(WRITERS)]
    member = tills[0].member()

    answers = at_once(*(lambda till=till: till.lend(member, 30) for till in tills))

    assert len([one for one in answers if not isinstance(one, Reason)]) == 1
    assert account(office, member).leased == 30


def test_points_that_go_while_a_till_waits_for_them_are_not_lent_to_it(office):
    tills = [enrolled_till(office, seed=n) for n in range(2)]
    member = tills[0].member()  # who has 50 points
    with ThreadPoolExecutor(1) as pool:
        with office.database.write_together() as connection:
            lease_rows.bind(connection, member, 30)
            answer = pool.submit(tills[1].lend, member, 30)
            wait_for_the_member(office)
        refused = answer.exception(60)

    assert refused.reason is Reason.NOT_ENOUGH_POINTS
    assert refused.facts == {"left": 20, "missing": 10}
    assert account(office, member).leased == 30


def test_a_push_that_waits_for_members_finds_them_as_they_became(office):
    tills = [enrolled_till(office, seed=n) for n in range(2)]
    blocked, lender = (tills[0].member() for _ in range(2))
    for member in (blocked, lender):
        tills[1].accrual(member, 100)
    with ThreadPoolExecutor(1) as pool:
        with office.database.write_together() as connection:
            lease_rows.bind(connection, lender, 30)
            lease_rows.bind(connection, blocked, 0)
            connection.execute(
                update(members)
                .where(members.c.member_id == blocked)
                .values(status=MemberStatus.BLOCKED)
            )
            answer = pool.submit(tills[1].push)
            wait_for_the_member(office)
        results = answer.result(60).results

    assert [result.code for result in results] == [Reason.MEMBER_BLOCKED.value]
    assert (account(office, lender).points, account(office, lender).leased) == (51, 30)


def test_a_member_and_what_they_bought_elsewhere_may_arrive_at_the_same_time(office):
    """As after a restore, when the tills send again what the server lacks."""
    joining, selling = (enrolled_till(office, seed=n) for n in range(2))
    members_ = []
    for _ in range(40):
        joined = joining.enrolment()
        selling.accrual(joined.member, 1_000)
        members_.append(joined.member)
        at_once(joining.push, selling.push)

    now = stored(office)
    assert now == folded(office)
    assert [now[member].account.points for member in members_] == [60] * 40


def wait_for_the_member(office) -> None:
    """Return when somebody waits for a row that another one holds; files have one writer anyhow."""
    database = office.database.reading
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    while database.dialect.name == "postgresql":
        with office.database.read_once() as connection:
            if connection.exec_driver_sql(waiting).all():
                return


def test_one_request_for_a_lease_that_comes_eight_times_at_once_is_granted_once(office, till):
    member = till.member()
    request = LeaseRequest(id=till.new_id(), member=member, points=10)

    def ask():
        return leases.grant(office, till.caller, request, now=till.at)

    answers = at_once(*[ask] * WRITERS)

    assert answers == [answers[0]] * WRITERS
    assert account(office, member).leased == 10


def test_a_terminal_holds_no_more_than_its_cap_however_many_it_asks_for_at_once(office, till):
    with office.database.write() as connection:
        document = rulebook(connection).in_force(NOON)
        cap = cap_points(document)
        rich = [
            Opening(
                member=number,
                name="Rosa",
                details=Details(),
                home_store=1,
                enrolled_at=NOON,
                points=cap,
                expires_on="2027-12-31",
            )
            for number in range(1, WRITERS + 1)
        ]
        open_accounts(office, connection, rich, document, now=NOON)

    answers = at_once(*(lambda one=one: till.lend(one.member, cap // 2) for one in rich))

    assert answers.count(Reason.LEASE_TOO_SMALL) == WRITERS - 2
    assert sum(account(office, one.member).leased for one in rich) == cap


def test_a_visit_that_two_tills_take_back_at_once_is_taken_back_once(office):
    first, second = enrolled_till(office, seed=1), enrolled_till(office, seed=2)
    member = first.member()
    for _ in range(5):
        visit = first.accrual(member, 1_000)
        first.push()
        for till in (first, second):
            till.void(visit.id)

        at_once(first.push, second.push)

        assert account(office, member).points == 50
    assert stored(office) == folded(office)


def test_a_batch_that_comes_eight_times_at_once_counts_once(office, till):
    member = till.member()
    till.accrual(member, 1_000)

    answers = at_once(*[till.push] * WRITERS)

    assert {answer.last_seq for answer in answers} == {till.seq}
    assert account(office, member).points == 60


def test_a_lease_is_spent_or_given_back_and_never_both(office, till):
    member = till.member()
    hello = Hello(protocol=1, app="", epoch=1, last_seq=till.seq, head=till.hashes[-1].hex())
    for _ in range(5):
        lease = till.lend(member, 10)
        till.redemption(member, 10, lease.id, reward=2)
        closing = LeaseClosing(leases=(lease.id,), last_seq=till.seq)

        at_once(
            till.push,
            lambda closing=closing: leases.close(office, till.caller, closing, now=till.at),
            lambda: greet(office, till.caller, hello, now=till.at),
        )
        till.push()

    assert stored(office) == folded(office)
    assert account(office, member).leased == 0
    assert account(office, member).points == 0


def test_tills_that_give_units_back_for_others_never_wait_in_a_circle(office):
    """One attempt is enough: who waits in a circle fails, and would have to begin anew."""
    cake, coffee, juice = 1, 2, 3
    tills = [enrolled_till(office, seed=n, name=f"Caixa {n}") for n in range(3)]
    with office.database.write() as connection:
        count_stock(connection, 1, dict.fromkeys((cake, coffee, juice), 1_000))
    for till in tills:
        till.pull()  # it is within reach

    def lend(till, reward: int, units: int, *given_back: str):
        request = LeaseRequest(
            id=till.new_id(),
            member=0,
            points=units,
            reward=reward,
            closes=given_back,
            last_seq=till.seq,
        )
        return leases.grant.__wrapped__(office, till.caller, request, now=NOON)

    def ask_each_other(till, scarce: int) -> set[Reason]:
        told = set()
        for _ in range(60):
            small = lend(till, juice, 1)
            try:
                lend(till, scarce, 500, small.id)
            except Refused as refused:
                told.add(refused.reason)
        return told

    def swap(till) -> int:
        held = lend(till, juice, 1)
        for _ in range(60):
            held = lend(till, juice, 2, held.id)
        return held.amount

    lend(tills[0], cake, 990)
    lend(tills[1], coffee, 990)
    answers = at_once(
        lambda: ask_each_other(tills[0], coffee),
        lambda: ask_each_other(tills[1], cake),
        lambda: swap(tills[2]),
    )

    assert answers == [{Reason.UNITS_RECALLED}, {Reason.UNITS_RECALLED}, 2]


def test_units_that_come_free_between_two_looks_are_lent(office, site):
    one, other = (enrolled_till(office, seed=n, name=f"Caixa {n}") for n in range(2))
    with office.database.write() as connection:
        count_stock(connection, 1, {1: 3})
    held, wanted = (
        LeaseRequest(id=till.new_id(), member=0, points=3, reward=1) for till in (one, other)
    )
    leases.grant(office, one.caller, held, now=NOON)
    elsewhere, looks = open_office(site), itertools.count(1)

    @event.listens_for(office.database.writing.pool, "checkout")
    def give_back_before_the_second_look(*_: object) -> None:
        if next(looks) == 2:
            closing = LeaseClosing(leases=(held.id,), last_seq=0)
            leases.close(elsewhere, one.caller, closing, now=NOON)

    try:
        assert leases.grant(office, other.caller, wanted, now=NOON).amount == 3
    finally:
        elsewhere.database.close()
    assert next(looks) == 3
