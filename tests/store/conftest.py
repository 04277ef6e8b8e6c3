"""A real store in a real, encrypted pair of files."""

import pytest

from loyalty_desk.paths import places as places_of
from loyalty_desk.store.keys import load_keys
from loyalty_desk.store.opening import open_store
from tests.store.acts import IDENTITY, NOON, seeded_bytes


@pytest.fixture
def places(tmp_path):
    found = places_of(root=tmp_path)
    found.prepare()
    return found


@pytest.fixture
def keys(places):
    return load_keys(places, random_bytes=seeded_bytes(), vault=None)


@pytest.fixture
def open_again(places, keys):
    """Open the same files (again); everything opened is closed at the end."""
    opened = []

    def again():
        while opened:
            opened.pop().close(NOON)
        opened.append(open_store(places, keys, random_bytes=seeded_bytes(2), now=NOON))
        return opened[-1]

    yield again
    while opened:
        opened.pop().close(NOON)


@pytest.fixture
def store(open_again):
    """A store of a terminal that has been enrolled."""
    opened = open_again()
    opened.ledger.enrolled(IDENTITY)
    return opened


@pytest.fixture
def ledger(store):
    return store.ledger


@pytest.fixture
def after_a_cut(places, keys):
    """Open the files as a power cut would leave them: nothing is tidied before."""
    opened = []

    def again():
        if opened:
            _let_go(opened[-1])
        opened.append(open_store(places, keys, random_bytes=seeded_bytes(2), now=NOON))
        return opened[-1].ledger

    yield again
    _let_go(opened[-1])


def _let_go(store):
    store.cache.close()
    store.ledger.close()
