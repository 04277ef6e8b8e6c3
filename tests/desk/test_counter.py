"""The counter: the clock and chance of a till come in from outside, ids too."""

import random
import uuid

from loyalty_desk.desk.counter import Counter


class Standing:
    """A clock that stands."""

    boot = 1

    def now(self) -> int:
        return 1_795_264_860_000

    def mono(self) -> int:
        return 0


def ids(seed: int, count: int) -> list[str]:
    counter = Counter(None, None, Standing(), random.Random(seed).randbytes)
    return [counter.new_id() for _ in range(count)]


def test_an_id_is_a_uuidv7_of_the_tills_clock():
    for made in map(uuid.UUID, ids(1, 200)):
        assert (made.version, made.variant) == (7, uuid.RFC_4122)
        assert made.int >> 80 == Standing().now()


def test_ids_come_of_the_tills_own_chance_alone():
    assert ids(1, 50) == ids(1, 50)
    assert len({*ids(1, 1_000), *ids(2, 1_000)}) == 2_000
