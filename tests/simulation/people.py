"""The members of a simulation: who they are, and what they show at a counter."""

import random
from dataclasses import dataclass, field

from sync.programme.members import member_id
from sync.server.office.cards import card_token
from sync.server.office.head_office import DAY_MS
from sync.server.office.openings import Opening, open_accounts
from sync.server.office.persons import Details
from tests.simulation import shop
from tests.simulation.central import Central

_NAMES = ("Ana", "Bruno", "Carla", "Davi", "Elisa", "Fábio", "Gina", "Hugo", "Iara", "João")
_SURNAMES = ("Lima", "Prado", "Souza", "Torres", "Queiroz", "Melo", "Farias", "Bueno")


@dataclass(slots=True)
class Person:
    """Somebody who comes to the shops; `member` is 0 until they have joined."""

    name: str
    phone: str
    cpf: str
    member: int = 0
    card: str = ""  # the digits of their card, once they have one


@dataclass(slots=True)
class People:
    """Everybody there is, members and those who may become one."""

    chance: random.Random
    members: list[Person] = field(default_factory=list)
    _made: int = 0

    def somebody_new(self) -> Person:
        self._made += 1
        body = [*divmod(self._made, 10), *(self.chance.randrange(10) for _ in range(7))]
        name = f"{self.chance.choice(_NAMES)} {self.chance.choice(_SURNAMES)}"
        phone = f"119{80_000_000 + self._made * 97 + self.chance.randrange(97):08d}"
        return Person(name, phone, _cpf([digit % 10 for digit in body]))

    def open(self, central: Central, count: int, *, now: int) -> None:
        """Let `count` members come over from an older system, with their points."""
        openings = []
        for _ in range(count):
            person = self.somebody_new()
            person.member = member_id(issuer=0, random40=self.chance.getrandbits(40) or 1)
            self.members.append(person)
            openings.append(
                Opening(
                    member=person.member,
                    name=person.name,
                    details=Details(cpf=person.cpf, phone=person.phone, birthday=""),
                    home_store=self.chance.choice(shop.STORES),
                    enrolled_at=now - 200 * DAY_MS,
                    points=self.chance.choice((0, 120, 300, 900, 2_500)),
                    qualifying=self.chance.choice((0, 500, 700)),
                    expires_on=self.chance.choice(("", "2026-11-30", "2026-12-31")),
                )
            )
        with central.database.write() as connection:
            document = shop.programme(central.office.keys)
            open_accounts(central.office, connection, openings, document, now=now)
        for person in self.members:
            if self.chance.random() < 0.5:
                _, person.card = card_token(central.office, person.member, now=now)


def _cpf(body: list[int]) -> str:
    """The eleven digits that begin with these nine."""
    digits = body[:9]
    for length in (9, 10):
        total = sum(digit * (length + 1 - at) for at, digit in enumerate(digits))
        digits.append((total * 10) % 11 % 10)
    return "".join(map(str, digits))
