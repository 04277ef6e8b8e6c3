"""Single faults, one scene each: real tills, a real head office, and what lies between them.

What `tests/simulation` draws by chance is played here on purpose, so that a fault has one test
that names it.
"""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from loyalty_desk.desk import identify, visit
from loyalty_desk.desk.visit import Draft
from sync.client import leases
from sync.client.outcomes import Offline, Rejected
from sync.programme.refusals import Reason
from sync.server.office.head_office import DAY_MS
from sync.server.office.openings import Opening, open_accounts
from sync.server.office.persons import Details
from tests.server.accounts import account, folded, stored
from tests.simulation import shop
from tests.simulation.central import Central, Packet
from tests.simulation.clock import TillClock, Time
from tests.simulation.network import Network
from tests.simulation.till import Till
from tests.simulation.trace import Trace
from tests.simulation.world import ROUNDS_MAX

MEMBER, POINTS = 41, 300


class Interruptible(Network):
    """A network that loses the questions of one path, or does them and loses the answers."""

    lost = ""
    unheard = ""

    def carry(self, till: str, packet: Packet, patience):
        if self.lost and self.lost in packet.target:
            raise Offline("timeout")
        answer = super().carry(till, packet, patience)
        if self.unheard and self.unheard in packet.target:
            raise Offline("half")
        return answer


@dataclass
class Scene:
    """Head office with one member, and tills of its first store."""

    folder: Path
    time: Time = field(default_factory=lambda: Time(shop.MONDAY))
    chance: random.Random = field(default_factory=lambda: random.Random("scene"))
    tills: list[Till] = field(default_factory=list)

    def __post_init__(self) -> None:
        founded = shop.founded(shop.SQLITE)
        own = random.Random("central")
        self.central = Central(self.folder / "central", founded, self.time, own, copies_from=0)
        self.network = Interruptible(self.central, self.time, self.chance, Trace())
        opening = Opening(
            member=MEMBER,
            name="Rosa",
            details=Details(),
            home_store=1,
            enrolled_at=self.time.now - DAY_MS,
            points=POINTS,
            qualifying=0,
            expires_on="",
        )
        office = self.central.office
        with office.database.write() as connection:
            document = shop.programme(office.keys)
            open_accounts(office, connection, [opening], document, now=self.time.now)

    def till(self) -> Till:
        """A new till, synchronised once."""
        name = f"till{len(self.tills)}"
        made = Till(
            name,
            self.folder / name,
            self.network,
            store=1,
            clock=TillClock(self.time, ahead_ms=0, boot=1),
            chance=random.Random(name),
        )
        made.open()
        made.enrol(self.central.new_code(1, name))
        self.tills.append(made)
        made.round()
        return made

    def credit(self, till: Till, reais: int = 10) -> None:
        """A purchase of the member."""
        self.time.pass_by(60_000)
        member = identify.by_member(till.counter, MEMBER)
        draft = Draft(member=member, amount_centavos=reais * 100, amount_confirmed=True)
        cashier = shop.staff_of(1, shop.CASHIER)
        visit.conclude(till.counter, draft, staff=cashier, visit=till.counter.new_id())
        till.seen()

    def borrow(self, till: Till, points: int) -> None:
        leases.borrow(
            till.asking,
            till.store.replica,
            lease=self.chance.randbytes(16),
            member=MEMBER,
            points=points,
            wall=till.clock.now,
        )

    def points(self) -> int:
        """What the member has, where everybody agrees on it: at head office, and by its entries."""
        assert stored(self.central.office) == folded(self.central.office)
        return account(self.central.office, MEMBER).points

    def close(self) -> None:
        for till in self.tills:
            till.die()
        self.central.close()


@pytest.fixture
def scene(tmp_path):
    opened = Scene(tmp_path)
    yield opened
    opened.close()


def rounds(till: Till) -> None:
    """As many as a till may need until everything is where it belongs."""
    for _ in range(ROUNDS_MAX):
        till.round()


def test_a_server_that_went_back_is_given_again_what_it_has_lost(scene):
    till = scene.till()
    scene.credit(till)
    till.round()
    scene.central.back_up()
    for _ in range(3):
        till.switch_off()
        till.start()
        scene.credit(till)
        till.round()
    shown = till.points(MEMBER)

    scene.central.go_back()
    assert scene.points() == POINTS + 10
    rounds(till)

    assert scene.points() == shown == till.points(MEMBER)
    assert till.ledger.waiting() == 0


def test_an_answer_that_is_lost_leaves_everything_to_be_sent_again(scene):
    till = scene.till()
    scene.credit(till, 10)
    scene.credit(till, 20)
    scene.network.lost = "/push"
    with pytest.raises(Offline):
        till.round()
    scene.network.lost, scene.network.unheard = "", "/push"
    with pytest.raises(Offline):
        till.round()
    scene.network.unheard = ""

    till.round()

    assert scene.points() == till.points(MEMBER) == POINTS + 30
    assert till.ledger.waiting() == 0


def test_an_acknowledgement_alone_changes_no_balance_that_is_shown(scene):
    till = scene.till()
    scene.credit(till)
    shown = till.points(MEMBER)
    scene.network.unheard = "/pull"

    with pytest.raises(Offline):
        till.round()
    between = till.points(MEMBER)
    scene.network.unheard = ""
    till.round()

    assert shown == between == till.points(MEMBER) == scene.points()


def test_a_disk_that_went_back_is_noticed_and_nothing_of_it_is_lost(scene):
    till = scene.till()
    scene.borrow(till, 100)
    till.switch_off()
    till.make_image(scene.folder / "image")
    till.start()
    scene.credit(till, 20)
    till.round()

    till.switch_off()
    till.go_back(whole=True)
    till.start()
    scene.credit(till, 40)
    scene.network.lost = "/pull"
    with pytest.raises(Offline):
        till.round()
    assert till.ledger.leases.of(MEMBER) == ()
    scene.network.lost = ""
    rounds(till)

    assert scene.points() == till.points(MEMBER) == POINTS + 60
    assert till.ledger.known.incarnation > 1


def test_points_that_a_till_holds_are_lent_to_no_other_however_late_it_is(scene):
    first, second = scene.till(), scene.till()
    scene.borrow(first, POINTS)
    scene.network.cut_off.add(first.name)
    scene.time.pass_by(40 * DAY_MS)
    second.round()

    with pytest.raises(Rejected) as rejected:
        scene.borrow(second, 40)

    assert rejected.value.refused.reason is Reason.NOT_ENOUGH_POINTS
