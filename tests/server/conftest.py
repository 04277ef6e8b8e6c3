"""A head office for each test, on SQLite and on PostgreSQL: migrated once, copied or emptied."""

import pytest

from sync.server.office.documents import publish
from tests.server.line import Line, Serving, plain_http, whole_application
from tests.server.shop import NOON, enrolled_till, programme
from tests.server.sites import ENGINES, open_office


@pytest.fixture(scope="session", params=ENGINES)
def engine(request, tmp_path_factory):
    return ENGINES[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture
def site(engine):
    """A migrated head office that nobody has opened."""
    site = engine.migrated()
    yield site
    engine.give_back(site)


@pytest.fixture
def office(site):
    office = open_office(site)
    with office.database.write() as connection:
        publish(connection, office.keys, programme(), now=NOON - 1)
    yield office
    office.database.close()


@pytest.fixture
def till(office):
    return enrolled_till(office)


@pytest.fixture
def member(till):
    """Somebody with 550 points, known to head office for good."""
    member = till.member()
    till.accrual(member, 49_900, forecast=499)
    till.accrual(member, 100)
    till.push()
    return member


@pytest.fixture
def clock():
    return {"now": NOON}


@pytest.fixture
def client(office, clock):
    with (
        Serving(whole_application(office, lambda: clock["now"])) as url,
        plain_http(url) as client,
    ):
        yield client


@pytest.fixture
def line(client, office, till):
    return Line(client, office, till)
