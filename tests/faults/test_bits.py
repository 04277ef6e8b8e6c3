"""Single bits of a till's ledger change: it is whole again, or says so. Never a wrong balance.

Above the encryption every page has its check value, so that damage shows at once. Below it, as
after a fault in memory, the chain of the events and the rows' own rules are all there is.
"""

import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from loyalty_desk.paths import Places, places
from loyalty_desk.store.keys import Keys, load_keys
from loyalty_desk.store.opening import Store, open_store
from sync.programme.refusals import Reason, Refused
from tests.faults.pages import PLAIN, Pages
from tests.faults.till_life import begin
from tests.store.acts import (
    CAIO,
    MARINA,
    NOON,
    a_lease_id,
    a_page,
    a_receipt,
    a_redemption,
    a_row,
    a_void,
    an_accrual,
    an_enrolment,
    seeded_bytes,
)

FLIPS = 600
PARTS = 2
_MEMBERS = (MARINA, CAIO)
_NAMED = (
    Reason.DATABASE_DAMAGED,
    Reason.DATABASE_NEWER,
    Reason.DISK_FULL,
)  # a till that stays shut


@dataclass(frozen=True)
class Seen:
    """What a till knows that must not be lost, and must not be wrong."""

    unsent: tuple[bytes, ...]
    points: tuple[int, ...]


@dataclass(frozen=True)
class Image:
    """A till's folder after a good day, and what is to be seen in it."""

    folder: Path
    keys: Keys
    seen: Seen


def opened(root: Path, keys: Keys) -> Store:
    return open_store(places(root=root), keys, random_bytes=seeded_bytes(3), now=NOON)


def unsent(store: Store) -> tuple[bytes, ...]:
    """Every event that the server does not have."""
    return tuple(
        body
        for _, after, behind in store.ledger.lives.unsent()
        for body in behind(after, 500).bodies
    )


def look(store: Store) -> Seen:
    """Points that wait are counted with the others: no event says which they are."""
    known = [store.members.by_id(member) for member in _MEMBERS]
    holdings = [one.holding for one in known if one is not None]
    return Seen(unsent(store), tuple(one.points + one.pending for one in holdings))


@pytest.fixture(scope="module")
def image():
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        root = Path(made) / "good"
        here = places(root=root)
        here.prepare()
        keys = load_keys(here, random_bytes=seeded_bytes(), vault=None)
        store = opened(root, keys)
        begin(store)
        store.replica.keep_page(
            a_page(a_row(), a_row(id=CAIO), cursor="c2"), asked_at=NOON, now=NOON
        )
        a_day(store)
        store.replica.keep_page(
            a_page(a_row(), a_row(id=CAIO), acked=5, cursor="c3"), asked_at=NOON, now=NOON
        )
        a_day(store)
        seen = look(store)
        store.close(NOON)
        yield Image(root, keys, seen)


def a_day(store: Store) -> None:
    """Some acts of each kind."""
    for number in range(20):
        member = MARINA if number % 2 else CAIO
        visit = store.ledger.record([an_accrual(member=member, receipt=a_receipt())])[0].visit
        if number % 5 == 0:
            store.ledger.record([a_void(visit)])
        if number % 4 == 0:
            store.ledger.record([a_redemption(a_lease_id(), 10)])
        if number % 7 == 0:
            store.ledger.record([an_enrolment(CAIO + 10 + number)])


@pytest.fixture
def spoilt(image, tmp_path_factory):
    """A copy of the image for each flip, in the same fast place."""
    copy = image.folder.with_name(f"spoilt-{os.getpid()}")

    def again() -> Places:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(image.folder, copy)
        return places(root=copy)

    return again


def verdict(image: Image, here: Places) -> str:
    """Open a spoilt till and say what is to be seen.

    "whole": everything is as it was. "recovered": it says that something was wrong, nothing that
    was unsent is lost, and no balance is another; who is not known is asked for again. "named": it
    says that something is wrong. Else what it shows in silence.
    """
    good = image.seen
    try:
        store = opened(here.data.parent, image.keys)
    except Refused as refused:
        return "named" if refused.reason in _NAMED else f"silent: {refused.reason}"
    try:
        found, damage = look(store), False
    except Refused as refused:
        found, damage = good, refused.reason is Reason.DATABASE_DAMAGED
    damage = damage or store.ledger.lives.leaving is not None or bool(store.watch.hurt)
    store.close(NOON)
    if found.unsent == good.unsent and found.points in (good.points, ()):
        return "recovered" if damage else "whole"
    return "named" if damage else f"silent: {found.points}, {len(found.unsent)} events"


def ends_of(image: Image, spoil: Callable[[random.Random], Places]) -> tuple[int, Counter[str]]:
    """What came of each flip, and the seed of all of them."""
    seed = int(os.environ.get("LOYALTY_BITS_SEED") or random.SystemRandom().getrandbits(32))
    chance = random.Random(seed)
    return seed, Counter(verdict(image, spoil(chance)) for _ in range(FLIPS // PARTS))


@pytest.mark.parametrize("part", range(PARTS))
def test_a_bit_of_the_encrypted_file_costs_no_event_and_no_point(image, spoilt, part):
    def spoil(chance: random.Random) -> Places:
        here = spoilt()
        body = bytearray(here.ledger.read_bytes())
        bit = chance.randrange(len(body) * 8)
        body[bit // 8] ^= 1 << bit % 8
        here.ledger.write_bytes(body)
        return here

    seed, ends = ends_of(image, spoil)

    assert set(ends) <= {"whole", "recovered"}, f"LOYALTY_BITS_SEED={seed}: {ends}"
    assert ends["recovered"] > 0


@pytest.mark.parametrize("part", range(PARTS))
def test_a_bit_below_the_encryption_is_never_a_wrong_balance_in_silence(image, spoilt, part):
    def spoil(chance: random.Random) -> Places:
        here = spoilt()
        pages = Pages(here.ledger, image.keys.database)
        page = chance.randint(1, pages.count)
        written = [place for place, byte in enumerate(pages.plain(page)) if byte]
        pages.flip(page, 8 * chance.choice(written) + chance.randrange(8))
        return here

    seed, ends = ends_of(image, spoil)

    assert set(ends) <= {"whole", "recovered", "named"}, f"LOYALTY_BITS_SEED={seed}: {ends}"


def test_an_event_that_stands_under_another_member_is_put_right_at_once(image, spoilt):
    here = spoilt()
    store = opened(here.data.parent, image.keys)
    with store.ledger._database.writing() as connection:
        connection.execute("UPDATE journal SET member = member + 1 WHERE seq IN (4, 9)")
    store.close(NOON)

    assert verdict(image, here) == "whole"


def test_a_table_that_lost_its_column_is_damage_and_the_ledger_is_made_anew(image, spoilt):
    here = spoilt()
    store = opened(here.data.parent, image.keys)
    with store.ledger._database.writing() as connection:
        connection.execute("ALTER TABLE receipts RENAME COLUMN key TO kez")
    store.ledger.close()
    store.cache.close()

    assert verdict(image, here) == "recovered"


def test_a_page_that_leads_astray_is_damage_and_no_event_is_passed_over(image, spoilt):
    """Where the journal's pages part: each bit of the numbers by which an event is looked for."""
    key = image.keys.database
    astray = [
        byte for byte in range(PLAIN - 16, PLAIN) if Pages(spoilt().ledger, key).plain(3)[byte]
    ]
    assert len(astray) >= 2
    for bit in range(8 * astray[0], 8 * PLAIN):
        here = spoilt()
        Pages(here.ledger, key).flip(3, bit)
        assert verdict(image, here) in ("whole", "recovered"), (bit // 8, bit % 8)
