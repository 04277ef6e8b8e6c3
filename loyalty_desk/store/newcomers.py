"""Newcomers: members enrolled here whose rows have not been pulled yet.

Guarantees that somebody enrolled a second ago is found by phone, CPF, name, card and id like
anybody else, also offline, and until the very pull that brings their row.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sync.programme.members import folded
from sync.protocol import codec
from sync.protocol.events import EnrolmentEvent
from sync.protocol.identifiers import identifier_hash
from sync.protocol.messages import MemberRow, Person

_ACTIVE = 0
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A newcomer's row as this terminal knows it: no points (effects hold them), no history."""

    seq: int
    row: MemberRow


class Newcomers:
    """The newcomers since an acknowledgement. Not thread-safe: the ledger's lock is held."""

    def __init__(self) -> None:
        self._by_member: dict[int, Newcomer] = {}

    def add(self, event: EnrolmentEvent, payload: bytes, *, key: bytes, tier: str) -> None:
        """Add who an enrolment brought; `key` hashes identifiers, `tier` is where all begin."""
        person = codec.decode(payload, Person)
        self._by_member[event.member] = Newcomer(event.seq, _row(event, person, key, tier))

    def settle(self, acked: int) -> None:
        """Forget those whose enrolment is acknowledged: they are members like any other."""
        self._by_member = {
            member: one for member, one in self._by_member.items() if one.seq > acked
        }

    def by_member(self, member: int) -> tuple[MemberRow, ...]:
        """Return the row of a newcomer, or none."""
        found = self._by_member.get(member)
        return (found.row,) if found else ()

    def by_card(self, card: str) -> tuple[MemberRow, ...]:
        """Return who was given a card, or none."""
        return tuple(row for row in self._rows() if card in row.cards)

    def by_cpf_hash(self, cpf_hash: int) -> tuple[MemberRow, ...]:
        """Return who has a CPF: none, or one; more when an error was made at the counter."""
        return tuple(row for row in self._rows() if cpf_hash and row.cpf_hash == cpf_hash)

    def by_phone_hash(self, phone_hash: int) -> tuple[MemberRow, ...]:
        """Return who has a phone; a family may share one."""
        return tuple(row for row in self._rows() if phone_hash and row.phone_hash == phone_hash)

    def named(self, words: Iterable[str]) -> tuple[MemberRow, ...]:
        """Return those who have a word beginning with each of `words` (folded), newest first."""
        wanted = tuple(words)
        found = [row for row in self._rows() if _matches(row, wanted)]
        return tuple(reversed(found))

    def _rows(self) -> Iterable[MemberRow]:
        return (one.row for one in self._by_member.values())


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a name or a query, folded: runs of letters and digits."""
    # Folding is slow, and most names need none: a bulk fill folds a million of them.
    plain = text.lower() if text.isascii() else folded(text)
    return tuple(_WORD.findall(plain))


def _matches(row: MemberRow, wanted: tuple[str, ...]) -> bool:
    own = words_of(row.name)
    return bool(wanted) and all(any(word.startswith(one) for word in own) for one in wanted)


def _row(event: EnrolmentEvent, person: Person, key: bytes, tier: str) -> MemberRow:
    return MemberRow(
        id=event.member,
        version=0,
        name=person.name,
        status=_ACTIVE,
        since=event.at,
        tier=tier,
        points=0,
        leased=0,
        pending=0,
        debt=0,
        qualifying=0,
        lapse_day="",
        lapse_points=0,
        cpf_hash=identifier_hash(key, "cpf", person.cpf),
        phone_hash=identifier_hash(key, "phone", person.phone),
        phone_tail=person.phone[:2] + person.phone[-4:],
        cpf_mid=person.cpf[6:9],
        birthday=person.birthday,
        cards=(event.card,) if event.card else (),
        last_visit=event.at,
    )
