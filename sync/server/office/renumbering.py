"""Renumbering: two machines gave one number to two people; the second gets another one here.

A copied till draws the same numbers as its original. The branch of a journal that came second goes
on naming the member as it did; what it says of that number is said of the new one, also in the life
that its terminal begins afterwards.
"""

from sqlalchemy import Connection, Integer, bindparam, select

from sync.programme.members import member_id
from sync.server.office.head_office import HeadOffice
from sync.server.office.terminals import OF_LIFE, OF_TERMINAL, Caller, named
from sync.server.store.dialect import add_rows
from sync.server.store.questions import Question
from sync.server.store.tables import renumberings

_RANDOM_BYTES = 5

_GIVEN = Question(
    select(renumberings.c.told, renumberings.c.given).where(
        renumberings.c.terminal_id == OF_TERMINAL,
        renumberings.c.incarnation == OF_LIFE,
        renumberings.c.branch == bindparam("of_branch", type_=Integer),
    )
)


class Renumbered:
    """What a branch of the caller's journal calls its members, and what they are here."""

    def __init__(self, connection: Connection, caller: Caller, branch: int) -> None:
        self._connection = connection
        self._place = {
            "terminal_id": caller.terminal,
            "incarnation": caller.incarnation,
            "branch": branch,
        }
        self._given = _of(connection, caller, branch)

    def __bool__(self) -> bool:
        """Say whether any number is another one here."""
        return bool(self._given)

    def here(self, member: int) -> int:
        """Return the number of a member here."""
        return self._given.get(member, member)

    def another(self, office: HeadOffice, member: int) -> int:
        """Return a new number for a member whose own is somebody else's, good from now on."""
        chance = int.from_bytes(office.random(_RANDOM_BYTES), "big")
        given = member_id(issuer=0, random40=chance)  # issuer 0 is head office itself
        self._given[member] = given
        add_rows(self._connection, renumberings, [{**self._place, "told": member, "given": given}])
        return given


def inherit(connection: Connection, caller: Caller, *, branch: int, heir: int) -> None:
    """Let the life `heir` go on with the numbers that a branch of the caller's life was given."""
    rows = [
        {
            "terminal_id": caller.terminal,
            "incarnation": heir,
            "branch": 0,
            "told": told,
            "given": given,
        }
        for told, given in _of(connection, caller, branch).items()
    ]
    add_rows(connection, renumberings, rows)


def _of(connection: Connection, caller: Caller, branch: int) -> dict[int, int]:
    rows = _GIVEN.rows(connection, {**named(caller), "of_branch": branch})
    return {row.told: row.given for row in rows}
