"""A till in an open shop."""

import pytest

from tests.desk.club import Till


@pytest.fixture
def bare_till(tmp_path):
    """A till that has never been in touch with a server."""
    till = Till(tmp_path)
    yield till
    till.close()


@pytest.fixture
def till(bare_till):
    """A till of the Clube Jatobá after its first synchronisation, offline since."""
    bare_till.open_shop()
    return bare_till
