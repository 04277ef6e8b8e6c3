"""What goes wrong in a world, besides single messages and commits."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loyalty_desk.store.migrations import LEDGER_STEPS
from tests.simulation.network import CALM, Weather

if TYPE_CHECKING:
    import random

    from tests.simulation.world import World

_WEATHERS = (
    CALM,
    Weather(lost=60, unheard=60, twice=60, late=40, wrong=40, killed=10),
    Weather(unheard=300),
    Weather(late=200, twice=200),
    Weather(wrong=250),
    Weather(killed=80),
)
_JUMPS_MS = (-150_000, 150_000, 3_600_000, -3_600_000, -3 * 86_400_000, 400 * 86_400_000)
COPIES_MAX, TILLS_MAX = 2, 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Which kinds of faults a world has, and how often: in thousandths of all steps."""

    weather: int = 0
    cuts: int = 0
    crashes: int = 0
    clocks: int = 0
    lost: int = 0
    upgrades: int = 0  # a till is updated from an earlier version, its queue full
    clones: int = 0  # a till's folder is copied, and both run
    images: int = 0  # a till's machine goes back to an older image of itself
    ledgers: int = 0  # an old ledger.db is copied over the present one
    restores: int = 0  # the server goes back to an older copy of itself


KINDS = tuple(Faults.__dataclass_fields__)
COPIES = ("clones", "images", "ledgers")


def drawn(chance: "random.Random", kinds: tuple[str, ...]) -> Faults:
    """Draw which of `kinds` a world has.

    In one world either the server goes back or tills do: lives that were given to copies of one
    till may be numbered anew by a server that has forgotten them.
    """
    out = chance.choice((COPIES, ("restores",)))
    often = {
        "weather": (0, 8, 8),
        "cuts": (0, 10, 40),
        "crashes": (0, 0, 15),
        "clocks": (0, 0, 8),
        "lost": (0, 0, 0, 2),
        "upgrades": (0, 0, 4),
        "clones": (0, 0, 8),
        "images": (0, 0, 16),
        "ledgers": (0, 0, 16),
        "restores": (0, 12),
    }
    rates = {kind: chance.choice(rate) for kind, rate in often.items()}
    return Faults(**{kind: rates[kind] for kind in kinds if kind not in out})


def cut_or_mend(world: "World") -> None:
    """A till's link goes, or comes back."""
    cut = world.network.cut_off
    cut.symmetric_difference_update({world.working().name})
    world.trace.note("cut off", *sorted(cut))


def change_weather(world: "World") -> None:
    """The network gets better or worse."""
    world.network.weather = world.chance.choice(_WEATHERS)
    world.trace.note(world.network.weather)


def deliver_late(world: "World") -> None:
    """Messages that somebody has given up arrive."""
    world.network.deliver_late(world.chance.randrange(1, 4))


def end_a_process(world: "World") -> None:
    """A till's process ends, in order or not, and mostly starts again."""
    till = world.working()
    if world.chance.random() < 0.5:
        till.die()
    else:
        till.switch_off()
    world.trace.note(till.name, "off")
    if world.chance.random() < 0.8:
        world.start(till)


def set_a_clock(world: "World") -> None:
    """Somebody sets a till's clock, right or wrong."""
    till = world.working()
    right = world.chance.random() < 0.4
    till.clock.ahead_ms = 0 if right else till.clock.ahead_ms + world.chance.choice(_JUMPS_MS)
    world.trace.note(till.name, "clock", till.clock.ahead_ms)


def upgrade_a_till(world: "World") -> None:
    """A till that ran an earlier version until now is updated, whatever it has not sent yet."""
    till = world.working()
    if till.ledger.known.incarnation > 1:
        return  # an earlier version knew one life only
    version = world.chance.randrange(1, len(LEDGER_STEPS) + 1)
    waiting = till.ledger.waiting()
    till.switch_off()
    till.make_older(version)
    world.trace.note(till.name, "updated from", version, "with", waiting)
    world.start(till)


def lose_a_till(world: "World") -> None:
    """A till is gone for ever, with what it had not sent."""
    if len(world.living()) < 3:
        return
    till = world.chance.choice(world.living())
    till.lost = True
    till.die()
    world.trace.note(till.name, "lost")


def copy_a_till(world: "World") -> None:
    """A till's folders are copied to another machine, with its keys, and both run."""
    if len(world.tills) >= TILLS_MAX or world.copies >= COPIES_MAX:
        return
    till = world.working()
    world.copied(till)
    till.switch_off()
    name = f"{till.name}copy{world.copies}"
    copy = till.copied(name, world.folder / name, config=world.chance.random() < 0.5)
    world.tills.append(copy)
    world.trace.note(till.name, "copied as", name)
    world.start(till)
    world.start(copy)


def image_a_till(world: "World") -> None:
    """A till's machine goes back to its last image, or one is made of it."""
    _go_back(world, whole=True)


def old_ledger(world: "World") -> None:
    """An older ledger.db is copied over a till's present one; everything else stays."""
    _go_back(world, whole=False)


def _go_back(world: "World", *, whole: bool) -> None:
    till = world.working()
    if till.image is None or world.chance.random() < 0.3:
        till.switch_off()
        till.make_image(world.folder / f"{till.name}-image")
        world.trace.note(till.name, "image")
    else:
        world.copied(till)
        till.switch_off()
        till.go_back(whole=whole)
        world.trace.note(till.name, "back to", len(till.events), "whole" if whole else "ledger")
    world.start(till)


def server_goes_back(world: "World") -> None:
    """Head office's files are put back from a copy, or one is made of them."""
    central = world.central
    if not central.has_backup or world.chance.random() < 0.4:
        central.back_up()
        world.trace.note("backup")
    else:
        central.go_back()
        world.restored()
        world.trace.note("server restored")
