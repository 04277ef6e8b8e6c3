"""Name search: a fixed set of queries, as typed at a counter, slowest percent counted.

Absolute bounds, because a cashier waits for each letter: two and three letters, two beginnings, a
first and a last name within one bound; three full words within another. The floor is the same full
text query on the same connection, its rows fetched and nothing more.
"""

import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median

from loyalty_desk.store.finding import searched_words
from tests.bench.job import Job
from tests.bench.table import Row, at_most
from tests.bench.till import Till, opened
from tests.bench.timing import Stopwatch, percentile

TYPED_MS = 5.0
FULL_MS = 12.0

TYPED = (
    *("ma", "jo", "an", "si", "fe", "ze", "xi"),
    *("mar", "jos", "sil", "fer", "zul", "gon", "yas"),
    *("ma si", "jo pe", "an co", "lu al", "fe ro", "ga mo", "iol xim"),
    *("maria silva", "joão santos", "antonio souza", "larissa monteiro", "iolanda vasconcelos"),
    *("gabriel camargo", "hermínia jatobá"),
)
FULL = ("maria silva santos", "josé oliveira lima", "ana gomes ribeiro", "pedro alves nunes")

_BARE = (
    "SELECT r.row FROM (SELECT rowid AS n FROM names WHERE names MATCH ?"
    " ORDER BY rowid DESC LIMIT 50) AS hits JOIN rows r ON r.n = hits.n"
)


def measure(job: Job) -> list[Row]:
    """Return the rows of the search: slowest percent, and ratio to the bare statement."""
    times = 3 if job.quick else 60
    with opened(Path(job.home), job.members) as till:
        return [
            *_rows(till, "one or two words", TYPED, TYPED_MS, times),
            *_rows(till, "three full words", FULL, FULL_MS, times),
        ]


def _rows(till: Till, kind: str, queries: Sequence[str], bound: float, times: int) -> list[Row]:
    ours, floor = _times(till, queries, times)
    slowest = Row(name=f"name search p99, {kind}", unit="ms", value=percentile(ours, 99) / 1e6)
    ratio = Row(
        name=f"name search ÷ bare statement, {kind}",
        unit="ms",
        value=median(ours) / 1e6,
        floor=median(floor) / 1e6,
        ratio=median(ours) / median(floor),
    )
    return [at_most(slowest, bound), ratio]


def _times(till: Till, queries: Sequence[str], times: int) -> tuple[list[int], list[int]]:
    """Ask every query so often, ours and the bare one in turns and in no order (ns)."""
    watch, chance = Stopwatch(), random.Random(3)
    ours: list[int] = []
    floor: list[int] = []
    for _ in range(times):
        for query in chance.sample(queries, len(queries)):
            ours.append(watch.ns_of(partial(till.store.members.search, query)))
        for query in chance.sample(queries, len(queries)):
            floor.append(watch.ns_of(partial(_ask, till, _match(query))))
    return ours, floor


def _match(query: str) -> str:
    return " ".join(f'"{word}"*' for word in searched_words(query))


def _ask(till: Till, match: str) -> object:
    # The floor has to share the connection, with its page cache, that searches use.
    with till.store.cache._reader.reading() as connection:
        return connection.execute(_BARE, (match,)).fetchall()
