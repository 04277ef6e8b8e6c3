"""Plans that PostgreSQL makes once for the statements of a page: it costs what it holds.

A statement that is asked often gets one plan for whatever parameters come. What was measured: with
`status <> $1` in it, the planner took it that next to no member has another status than some one,
and read all members, for each of whom it read the page: 204 rows a second of 100,000.
"""

import re

import pytest

from sync.programme.members import member_id
from sync.server.office import pull
from sync.server.office.documents import rulebook
from sync.server.office.feed import ALL_MEMBERS
from sync.server.office.openings import Opening, open_accounts
from sync.server.office.persons import Details
from tests.server.shop import NOON


def _visited(plan: dict) -> int:
    """How many rows a plan and its parts brought or passed over, each time that they ran."""
    names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter")
    own = plan["Actual Loops"] * sum(plan.get(name, 0) for name in names)
    return own + sum(map(_visited, plan.get("Plans", ())))


def _visited_by(connection, statement, named: dict[str, object]) -> int:
    """The same of a statement whose plan was made for whatever parameters come."""
    compiled = statement.compile(dialect=connection.dialect)
    said = {**compiled.params, **named}
    places = {name: f"${nth}" for nth, name in enumerate(said, 1)}
    sql = re.sub(r"%\((\w+)\)[bs]", lambda found: places[found[1]], str(compiled))
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
    connection.exec_driver_sql(f"PREPARE asked AS {sql}")
    values = ", ".join(f"'{value}'" for value in said.values())
    explained = f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked ({values})"
    (told,) = connection.exec_driver_sql(explained).scalar_one()
    connection.exec_driver_sql("DEALLOCATE asked")
    return _visited(told["Plan"])


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_page_of_a_large_club_does_not_read_the_club_for_each_member(office):
    count, page = 2_000, 100
    with office.database.write() as connection:
        document = rulebook(connection).in_force(NOON)
        people = [
            Opening(
                member=member_id(issuer=0, random40=number),
                name="Rosa",
                details=Details(phone=f"119{number:08d}"),
                home_store=1,
                enrolled_at=NOON,
                points=100,
                expires_on="2027-11-30",
            )
            for number in range(1, count + 1)
        ]
        open_accounts(office, connection, people, document, now=NOON)
    with office.database.write() as connection:
        connection.exec_driver_sql("ANALYZE")
        of_page = {"of_scope": ALL_MEMBERS, "after": 0, "until": page}

        visited = [
            _visited_by(connection, statement, of_page)
            for statement in (pull._CHANGED.people, pull._CHANGED.lots)
        ]

    assert max(visited) < 10 * count
