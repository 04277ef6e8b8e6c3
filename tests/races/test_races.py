"""Two terminals want the same at the same moment: one gets it, whichever is first, and one alone.

Real stores, a real server process on each engine, and threads that start together.
"""

import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from loyalty_desk.store.journal import Act
from sync.client import leases
from sync.client.outcomes import Offline, Rejected
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import RedemptionEvent
from sync.protocol.messages import LeaseClosing
from sync.server.office import reservations
from sync.server.office.documents import rulebook
from sync.server.office.head_office import DAY_MS, HeadOffice
from sync.server.office.openings import Opening, open_accounts
from sync.server.office.persons import Details
from sync.server.office.stock import count_stock, stock_rows
from tests import postgres
from tests.client.central import central
from tests.client.till import Till, a_till, new_id, wall
from tests.programme.receipt_builder import make_key
from tests.server.accounts import account, folded, stored
from tests.server.sites import Site, open_office

STORE = 1
MEMBERS, POINTS = 12, 4_000
AT_A_TIME = 25  # receipts that both tills push in one batch
LEASES, RECEIPTS, VOUCHERS, ITEMS = 150, 200, 120, 60  # races on each engine
ASKED_MAX = 20

_receipts = count(1)


@dataclass
class Scene:
    """A server, its head office opened beside it, and two tills of one shop."""

    office: HeadOffice
    tills: tuple[Till, Till]
    members: list[int]

    @property
    def reward(self):
        """A reward that everybody may have as often as they like."""
        return self.tills[0].ledger.document(wall()).document.rewards[0]

    def agree(self) -> None:
        """Both tills and head office say the same of every member, and it adds up."""
        for till in (*self.tills, *self.tills):
            till.engine.round()
        assert stored(self.office) == folded(self.office)
        for member in self.members:
            points = account(self.office, member).points
            assert [till.points(member) for till in self.tills] == [points, points]
        assert [till.ledger.waiting() for till in self.tills] == [0, 0]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def scene(request) -> Iterator[Scene]:
    memory = Path("/dev/shm")
    with ExitStack() as stack:
        place = memory if memory.is_dir() else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=place)))
        address, options = None, {}
        if request.param == "postgresql":
            address = postgres.empty_database()
            options["database"] = address.data
        server = stack.enter_context(central(folder, **options))
        office = open_office(Site(server.data, address or server.data))
        stack.enter_context(closing(office.database))
        members = _opened(office)
        names = ("Caixa 03", "Caixa 04")
        first, second = (
            stack.enter_context(a_till(folder / name, server, name=name)) for name in names
        )
        yield Scene(office, (first, second), members)


def _opened(office: HeadOffice) -> list[int]:
    members = list(range(101, 101 + MEMBERS))
    openings = [
        Opening(
            member=member,
            name=f"Rosa {member}",
            details=Details(),
            home_store=STORE,
            enrolled_at=wall() - DAY_MS,
            points=POINTS,
            qualifying=0,
            expires_on="",
        )
        for member in members
    ]
    with office.database.write() as connection:
        document = rulebook(connection).in_force(wall())
        open_accounts(office, connection, openings, document, now=wall())
    return members


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all at the same time; return what came of each, a refusal as its reason."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        start.wait(60)
        try:
            return act()
        except Refused as refused:
            return refused.reason

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def lent(till: Till, member: int, points: int, reward: int = 0) -> bytes | Reason:
    """Ask for points, or units of a reward, under one id until there is an answer.

    Returns the lease's id, or why there is none.
    """
    lease = bytes.fromhex(new_id())
    for _ in range(ASKED_MAX):
        try:
            leases.borrow(
                till.server,
                till.store.replica,
                lease=lease,
                member=member,
                points=points,
                reward=reward,
                wall=wall,
            )
        except Offline:
            continue
        except Rejected as rejected:
            return rejected.refused.reason
        return lease
    raise AssertionError("no answer")


def give_back(till: Till, lease: bytes) -> None:
    closing_ = LeaseClosing(leases=(lease.hex(),), last_seq=till.ledger.head().seq)
    till.ledger.leases.give_back([lease])
    till.server.close_leases(closing_)
    till.store.replica.closed_leases([lease])


def test_the_points_of_a_member_are_lent_to_one_of_two_who_ask_at_once(scene):
    winners = [0, 0]
    for number in range(LEASES):
        member = scene.members[number % MEMBERS]
        points = account(scene.office, member).available // 2 + 1

        answers = at_once(*(partial(lent, till, member, points) for till in scene.tills))

        won = [place for place, answer in enumerate(answers) if isinstance(answer, bytes)]
        assert len(won) == 1, answers
        assert account(scene.office, member).leased == points
        winners[won[0]] += 1
        give_back(scene.tills[won[0]], answers[won[0]])
    assert min(winners) > 0, "the two never raced"
    scene.agree()


def test_a_receipt_at_two_tills_is_credited_once(scene):
    for _ in range(RECEIPTS // AT_A_TIME):
        for _ in range(AT_A_TIME):
            number = next(_receipts)
            receipt = make_key(number=number)
            member = scene.members[number % MEMBERS]
            for till in scene.tills:
                till.credit(member, 5, receipt=receipt, evidence="receipt")

        reports = at_once(*(till.engine.round for till in scene.tills))

        codes = [result.code for report in reports for result in report.results]
        assert codes == ["receipt_used"] * AT_A_TIME
    first, second = (till.ledger.known.terminal for till in scene.tills)
    with scene.office.database.read() as connection:
        credited = connection.exec_driver_sql(
            "SELECT count(*), count(DISTINCT l.reason), sum(l.points) FROM ledger l"
            " JOIN events e ON e.event_id = l.event_id WHERE length(l.reason) = 44"
            f" AND e.terminal_id IN ({first}, {second})"
        ).one()
    assert tuple(credited) == (RECEIPTS, RECEIPTS, 5 * RECEIPTS)
    scene.agree()


def test_a_voucher_at_two_tills_pays_once(scene):
    reward, paid = scene.reward, 0
    for _ in range(VOUCHERS // MEMBERS):
        before = {member: account(scene.office, member).points for member in scene.members}
        for member in scene.members:
            made = reservations.reserve(
                scene.office, member, reward=reward.id, store=STORE, now=wall()
            )
            for till in scene.tills:
                event = RedemptionEvent(
                    **till.stamped(
                        member=member,
                        reward=reward.id,
                        points=reward.cost,
                        voucher=made.voucher.hex(),
                        proof="fresh",
                    )
                )
                till.ledger.record([Act(event)])

        reports = at_once(*(till.engine.round for till in scene.tills))

        results = [result for report in reports for result in report.results]
        assert [one.code for one in results] == ["code_already_used"] * MEMBERS
        assert {one.facts["loss"] for one in results} == {reward.cost}
        for member in scene.members:
            paid += before[member] - account(scene.office, member).points
    assert paid == VOUCHERS // MEMBERS * MEMBERS * reward.cost
    scene.agree()


def test_the_last_item_is_lent_to_one_of_two_tills_that_want_it(scene):
    reward = scene.reward
    with scene.office.database.write() as connection:
        count_stock(connection, STORE, {reward.id: 1})
    winners = [0, 0]
    for _ in range(ITEMS):
        answers = at_once(*(partial(lent, till, 0, 1, reward.id) for till in scene.tills))

        won = [place for place, answer in enumerate(answers) if isinstance(answer, bytes)]
        assert len(won) == 1, answers
        winners[won[0]] += 1
        give_back(scene.tills[won[0]], answers[won[0]])
    assert min(winners) > 0, "the two never raced"
    scene.agree()


def test_the_last_item_is_set_aside_for_one_of_two_members_who_want_it(scene):
    reward = scene.reward
    for number in range(ITEMS):
        with scene.office.database.write() as connection:
            count_stock(connection, STORE, {reward.id: 1})
        pair = scene.members[number % MEMBERS], scene.members[(number + 1) % MEMBERS]

        wanted = {"reward": reward.id, "store": STORE, "now": wall()}
        answers = at_once(
            *(partial(reservations.reserve, scene.office, member, **wanted) for member in pair)
        )

        won = [one for one in answers if isinstance(one, reservations.Reservation)]
        assert len(won) == 1, answers
        assert Reason.REWARD_OUT_OF_STOCK in answers
        with scene.office.database.read() as connection:
            assert [
                row.left for row in stock_rows(connection, STORE) if row.reward == reward.id
            ] == [0]
        reservations.cancel(scene.office, won[0].member, won[0].voucher, now=wall())
    scene.agree()
