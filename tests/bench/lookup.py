"""Look-up: finding one member, against the bare statement on the same connection.

Ours is what the desk asks for: the pulled row, decoded, with own events and newcomers considered.
The floor is the same SELECT, fetched and nothing more. Every look-up is of another member, so pages
have to be decrypted on both sides.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from loyalty_desk.store.members import Members
from sync.protocol.identifiers import identifier_hash
from tests.bench import people
from tests.bench.job import Job
from tests.bench.programme import IDENTIFIER_KEY
from tests.bench.table import Row, at_most
from tests.bench.till import Till, opened
from tests.bench.timing import Stopwatch, in_turns

BOUND = 1.5


@dataclass(frozen=True, slots=True)
class _Ask:
    """One way to find a member: what the desk is given, and the statement that would be enough."""

    by: str
    given: Callable[[int], object]
    ours: Callable[[Members, object], object]
    statement: str
    key: Callable[[int], object]


ASKS = (
    _Ask(
        by="card",
        given=lambda n: f"{people.card_of(n):016x}",
        ours=lambda members, card: members.by_card(card),
        statement="SELECT row FROM cards c JOIN members m ON m.id = c.member JOIN rows USING (n)"
        " WHERE c.card = ?",
        key=lambda n: people.card_of(n).to_bytes(8, "big"),
    ),
    _Ask(
        by="CPF",
        given=people.cpf_of,
        ours=lambda members, cpf: members.by_cpf(identifier_hash(IDENTIFIER_KEY, "cpf", cpf)),
        statement="SELECT row FROM members JOIN rows USING (n)"
        " WHERE cpf_hash = ? AND cpf_hash <> 0",
        key=lambda n: identifier_hash(IDENTIFIER_KEY, "cpf", people.cpf_of(n)),
    ),
    _Ask(
        by="id",
        given=people.member_of,
        ours=lambda members, member: members.by_id(member),
        statement="SELECT row FROM members JOIN rows USING (n) WHERE id = ?",
        key=people.member_of,
    ),
)


def measure(job: Job) -> list[Row]:
    """Return the rows for finding a member by card, by CPF (hashed on the way) and by id."""
    with opened(Path(job.home), job.members) as till:
        return [_row(till, ask, *((3, 50) if job.quick else (31, 200))) for ask in ASKS]


def _row(till: Till, ask: _Ask, rounds: int, each: int) -> Row:
    chance, watch, members = random.Random(7), Stopwatch(), till.store.members

    def drawn(key: Callable[[int], object]) -> list[object]:
        return [key(chance.randrange(till.members)) for _ in range(each)]

    def asked() -> Sequence[int]:
        return [watch.ns_of(partial(ask.ours, members, given)) for given in drawn(ask.given)]

    def bare() -> Sequence[int]:
        # The floor has to share the connection, with its page cache, that look-ups use.
        with till.store.cache._reader.reading() as connection:

            def fetch(key: object) -> object:
                return connection.execute(ask.statement, (key,)).fetchone()

            return [watch.ns_of(partial(fetch, key)) for key in drawn(ask.key)]

    assert ask.ours(members, ask.given(0)) is not None
    value, floor = in_turns(rounds, asked, bare)
    row = Row(
        name=f"look-up by {ask.by} ÷ bare statement",
        unit="µs",
        value=value / 1_000,
        floor=floor / 1_000,
        ratio=value / floor,
    )
    return at_most(row, BOUND)
