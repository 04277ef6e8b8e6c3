"""News: what has happened for a till since it last asked, without looking at what it was."""

import pytest
from sqlalchemy import update

from sync.server.office.documents import publish
from sync.server.office.news import newest_document, news_for
from sync.server.store.states import TerminalState
from sync.server.store.tables import terminals
from tests.server.shop import NOON, enrolled_till, programme


@pytest.fixture
def far(office):
    """A till in another store."""
    return enrolled_till(office, store=2, seed=2)


def news(office, *tills):
    with office.database.read() as connection:
        return news_for(connection, [till.caller for till in tills])


def test_where_nothing_happens_there_is_no_news(office, till, far):
    assert news(office, till, far) == news(office, till, far)
    assert news(office) == []


def test_a_purchase_and_a_programme_are_news_for_every_till(office, till, far):
    before = news(office, till, far)
    till.member()
    then = news(office, till, far)
    with office.database.write() as connection:
        publish(connection, office.keys, programme(2), now=NOON)
        assert newest_document(connection) == 2
    now = news(office, till, far)

    for one in range(2):
        assert before[one].head < then[one].head < now[one].head


def test_a_lease_is_news_for_the_till_that_holds_it(office, till, far):
    member = till.member()
    till.accrual(member, 50_000)
    till.push()
    before = news(office, till, far)

    till.lend(member, 100)

    assert news(office, till)[0].leases > before[0].leases
    assert news(office, far)[0].leases == before[1].leases


def test_a_till_that_was_revoked_is_told(office, till, far):
    with office.database.write() as connection:
        connection.execute(
            update(terminals)
            .where(terminals.c.terminal_id == far.caller.terminal)
            .values(state=int(TerminalState.REVOKED))
        )

    assert [one.revoked for one in news(office, till, far)] == [False, True]
