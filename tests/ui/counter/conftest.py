"""A counter at work: Joana Prado signed in at a till of the Clube Jatobá, offline."""

import pytest

from sync import i18n
from tests.desk.club import Till
from tests.ui.counter.counter_desk import CounterDesk


@pytest.fixture(autouse=True)
def english():
    """Sentences are compared in the language of the source."""
    before = i18n.language()
    i18n.speak("en")
    yield
    i18n.speak(before)


@pytest.fixture
def till(tmp_path):
    made = Till(tmp_path)
    made.open_shop()
    yield made
    made.close()


@pytest.fixture
def closed_desk(till):
    """Nobody has signed in yet."""
    return CounterDesk(till)


@pytest.fixture
def desk(closed_desk):
    closed_desk.sign_in()
    return closed_desk
