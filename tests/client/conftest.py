"""One live server and one till for the tests that leave them standing, and fresh tills at it."""

import pytest

from tests import postgres
from tests.client.central import central
from tests.client.till import a_till


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shared_server(request, tmp_path_factory):
    place = {}
    if request.param == "postgresql":
        place["database"] = postgres.empty_database().data
    with central(tmp_path_factory.mktemp("central"), **place) as server:
        yield server


@pytest.fixture(scope="session")
def till(tmp_path_factory, shared_server):
    with a_till(tmp_path_factory.mktemp("till"), shared_server) as opened:
        yield opened


@pytest.fixture
def fresh_till(tmp_path, shared_server):
    with a_till(tmp_path / "till", shared_server, name="Caixa 04") as opened:
        yield opened
