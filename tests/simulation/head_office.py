"""What happens at head office meanwhile: confirming, blocking, publishing, setting aside, jobs."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import select

from sync.programme.refusals import Refused
from sync.server.office import losses, members, reservations
from sync.server.office.cards import card_token
from sync.server.office.confirmations import confirm
from sync.server.office.documents import publish
from sync.server.store.tables import pendings
from tests.simulation import shop
from tests.simulation.central import Killed

if TYPE_CHECKING:
    from tests.simulation.world import World

_STAFF = 1


def act(world: "World") -> None:
    """Do one of these things; what is refused is refused."""
    doing = world.chance.choice(_DOINGS)
    try:
        said: object = doing(world)
    except Refused as refused:
        said = refused.reason.value
    world.trace.note("head office", doing.__name__, said)


def _confirm(world: "World") -> object:
    """Let points that wait be spent."""
    with world.central.database.read() as connection:
        waiting = connection.scalars(
            select(pendings.c.event_id).order_by(pendings.c.event_id)
        ).all()
    if not waiting:
        return "nothing"
    event = world.chance.choice(waiting)
    return confirm(world.central.office, event, staff=_STAFF, now=world.time.now)


def _block(world: "World") -> object:
    """Stop a member, or let one go on who was stopped."""
    member = world.chance.choice(world.people.members).member
    change = members.unblock if member in world.blocked else members.block
    change(world.central.office, member, staff=_STAFF, now=world.time.now)
    world.blocked ^= {member}
    return member


def _give_card(world: "World") -> object:
    """Give somebody a card who has none, so that tills which do not know them meet it."""
    person = world.people.members[-1]
    card, person.card = card_token(world.central.office, person.member, now=world.time.now)
    return card.hex()


def _publish(world: "World") -> object:
    """Another rate, from now on or from some hours on."""
    world.version += 1
    keys = world.central.office.keys
    document = shop.programme(
        keys,
        version=world.version,
        rate=world.chance.choice(("1", "1.5", "2", "0.5")),
        valid_from=world.time.now + world.chance.choice((0, 3_600_000, 40 * 3_600_000)),
    )
    with world.central.database.write() as connection:
        publish(connection, keys, document, now=world.time.now)
    return document.earning.rate


def _write_off(world: "World") -> object:
    """Declare a till lost that will never come back; one that runs on as a copy is not lost."""
    alive = {till.ledger.known.terminal for till in world.living()}
    for till in world.tills:
        number = till.ledger.known.terminal
        if till.lost and number not in alive and till.name not in world.written_off:
            world.written_off.add(till.name)
            return losses.declare_lost(
                world.central.office, number, staff=0, now=world.time.now, grace_days=0
            )
    return "none"


def _reserve(world: "World") -> object:
    """Somebody has a reward set aside on their phone, and its code shown."""
    chance, office, now = world.chance, world.central.office, world.time.now
    member = chance.choice(world.people.members).member
    reward, store = chance.choice(tuple(shop.COSTS)), chance.choice(shop.STORES[:2])
    made = reservations.reserve(office, member, reward=reward, store=store, now=now)
    digits = reservations.voucher_code(office, member, made.voucher, now=now)
    world.vouchers.append((digits, member, made.voucher))
    return made.voucher.hex()


def _cancel(world: "World") -> object:
    """Somebody does not want a reward any more that was set aside."""
    if not world.vouchers:
        return "nothing"
    _, member, voucher = world.chance.choice(world.vouchers)
    office, now = world.central.office, world.time.now
    return reservations.cancel(office, member, voucher, now=now).state.name


def _work_off(world: "World") -> object:
    """What the server does every minute by itself; sometimes it is killed over it."""
    dies = bool(world.faults.crashes) and world.chance.random() < 0.5
    try:
        with world.central.dying(world.chance.randrange(1, 90) if dies else 0):
            world.central.do_jobs()
    except Killed:
        world.central.restart()
        return "killed"
    return "done"


_DOINGS: tuple[Callable[["World"], object], ...] = (
    _confirm,
    _confirm,
    _block,
    _give_card,
    _give_card,
    _publish,
    _write_off,
    _reserve,
    _reserve,
    _reserve,
    _cancel,
    _work_off,
)
