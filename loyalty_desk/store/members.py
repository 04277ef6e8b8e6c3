"""Members: whom the desk finds, wherever they are known from.

A member is a pulled row, or somebody enrolled here a moment ago; either way with the effects of own
events that the row does not contain yet. Guarantees that row and effects belong together, whatever
the sync does at the same time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loyalty_desk.store.cache import Cache, Freshness
from loyalty_desk.store.effects import Effects, Holding, holding
from loyalty_desk.store.finding import CANDIDATES_MAX, Reading, searched_words
from loyalty_desk.store.ledger import Ledger
from loyalty_desk.store.newcomers import Newcomers
from sync.protocol.messages import MemberRow

SHOWN_MAX = 8


@dataclass(frozen=True, slots=True)
class Known:
    """A member as this terminal knows them. `is_new`: enrolled here, not pulled yet."""

    row: MemberRow
    effects: Effects
    is_new: bool

    @property
    def holding(self) -> Holding:
        """What they have, own events included."""
        return holding(self.row, self.effects)


@dataclass(frozen=True, slots=True)
class Found:
    """The members shown for a query, and how many there are: `total`, or more when `capped`."""

    known: tuple[Known, ...]
    total: int
    capped: bool


class Members:
    """Finds members in the cache and among newcomers."""

    def __init__(self, ledger: Ledger, cache: Cache) -> None:
        self._ledger = ledger
        self._cache = cache

    def by_id(self, member: int) -> Known | None:
        """Return a member, or None."""
        return _first(
            self._look(
                lambda: self._cache.by_member(member),
                lambda newcomers: newcomers.by_member(member),
            )
        )

    def by_card(self, card: str) -> Known | None:
        """Return who holds a card (16 hex digits), or None."""
        return _first(
            self._look(
                lambda: self._cache.by_card(card),
                lambda newcomers: newcomers.by_card(card),
            )
        )

    def by_cpf(self, cpf_hash: int) -> Known | None:
        """Return who has a CPF (63-bit keyed hash), or None."""
        return _first(
            self._look(
                lambda: self._cache.by_cpf_hash(cpf_hash),
                lambda newcomers: newcomers.by_cpf_hash(cpf_hash),
            )
        )

    def by_phone(self, phone_hash: int) -> tuple[Known, ...]:
        """Return everybody with a phone (63-bit keyed hash), newcomers first."""
        return self._look(
            lambda: self._cache.by_phone_hash(phone_hash),
            lambda newcomers: newcomers.by_phone_hash(phone_hash),
        )

    def search(self, text: str, limit: int = SHOWN_MAX) -> Found:
        """Return who has a name with a word beginning with each word of `text`, recent first.

        Words of one letter are not looked for; anything may be typed.
        """
        words = searched_words(text)
        found = self._look(
            lambda: self._cache.search(text), lambda newcomers: newcomers.named(words)
        )
        return Found(found[:limit], len(found), capped=len(found) >= CANDIDATES_MAX)

    def card_effects(self, card: str) -> Effects:
        """Return what was credited here to a card whose member is not known here."""
        while True:  # again, when a pull has settled more in between
            found = self._ledger.effects(0, (card,), after=self._ledger.settled)
            if found is not None:
                return found

    def freshness(self) -> Freshness:
        """Return how good the copy of the members is."""
        return self._cache.freshness()

    def _look(
        self,
        in_cache: Callable[[], Reading],
        among: Callable[[Newcomers], Sequence[MemberRow]],
    ) -> tuple[Known, ...]:
        """Look until rows and effects belong together.

        Newcomers are asked first: a pull that comes in between puts a row into the cache before it
        takes the newcomer away, so nobody is missed.
        """
        while True:
            fresh, settled = self._ledger.among_newcomers(among)
            reading = in_cache()
            pulled = {row.id for row in reading.rows}
            known = [
                self._known(row, after=settled, is_new=True)
                for row in fresh
                if row.id not in pulled
            ]
            known += [self._known(row, after=reading.acked, is_new=False) for row in reading.rows]
            whole = [one for one in known if one is not None]
            if len(whole) == len(known):
                return tuple(whole)

    def _known(self, row: MemberRow, *, after: int, is_new: bool) -> Known | None:
        effects = self._ledger.effects(row.id, row.cards, after=after)
        return None if effects is None else Known(row, effects, is_new)


def _first(found: Sequence[Known]) -> Known | None:
    return found[0] if found else None
