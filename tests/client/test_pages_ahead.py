"""The next page is on its way while one is kept: what is lost, refused or granted meanwhile."""

import itertools
import os
import threading

import msgspec
import pytest

from loyalty_desk.paths import places as places_of
from loyalty_desk.store.keys import load_keys
from loyalty_desk.store.opening import open_store
from sync.client.outcomes import Offline, Rejected
from sync.client.pull import pull_news
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import DocumentRow
from tests.client.loopback import hangs_up, peer
from tests.client.test_engine import Between, as_it_is
from tests.client.test_remote import (
    GREETING,
    HELLO,
    IDENTITY,
    LEASE,
    NOON,
    PAGE,
    refusing,
    remote,
    signed,
)

NO_COPY = refusing("not_found", status=404)
CURSOR_INVALID = refusing("cursor_invalid", status=410)
FORGED = (DocumentRow("{}", "00" * 64),)


def page(cursor, **facts):
    """A page of this server, the last one unless it says that there is more."""
    return signed(msgspec.structs.replace(PAGE, cursor=cursor, **facts))


@pytest.fixture
def wall():
    """A clock that never shows a time twice."""
    return itertools.count(NOON).__next__


@pytest.fixture
def store(tmp_path):
    """The store of a terminal whose server's key the test has."""
    places = places_of(root=tmp_path)
    keys = load_keys(places, random_bytes=os.urandom, vault=None)
    opened = open_store(places, keys, random_bytes=os.urandom, now=NOON)
    opened.ledger.enrolled(IDENTITY)
    yield opened
    opened.close(NOON)


class Kept:
    """A replica that notes when a page was kept."""

    def __init__(self, replica, noted):
        self._replica = replica
        self._noted = noted

    def __getattr__(self, name):
        return getattr(self._replica, name)

    def keep_page(self, page, **facts):
        self._replica.keep_page(page, **facts)
        self._noted.append("kept")


def test_each_page_is_asked_for_before_the_one_before_it_is_kept(till):
    server = Between(till.server, as_it_is)
    till.store.cache.refetch()
    till.server._page_rows = (till.store.cache.count() + 2) // 3

    pull_news(Kept(till.store.replica, server.asked), server, wall=itertools.count(NOON).__next__)

    till.connect()
    begun, pages = server.asked[:2], server.asked[2:]
    assert begun == ["snapshot", "pull"]
    # Three, and one more or two: who changed several times may be in several.
    assert pages == [*["pull_ahead", "kept"] * (len(pages) // 2), "kept"]
    assert len(pages) >= 5


def test_a_page_that_is_lost_on_its_way_costs_only_itself(store, wall):
    with peer(NO_COPY, page("1", more=True), hangs_up, page("2")) as here:
        server = remote(here.url)
        with pytest.raises(Offline):
            pull_news(store.replica, server, wall=wall)
        first = store.replica.cursor()

        pull_news(store.replica, server, wall=wall)

    assert (first, store.replica.cursor()) == ("1", "2")
    assert [request.line.split("cursor=")[1][0] for request in here.asked[2:]] == ["1", "1"]


def test_a_cursor_that_is_refused_on_the_way_begins_again_once(store, wall):
    again = (CURSOR_INVALID, NO_COPY, page("1", more=True))
    with peer(NO_COPY, page("1", more=True), *again, page("2")) as here:
        pulled = pull_news(store.replica, remote(here.url), wall=wall)
    assert pulled.ask_again
    assert store.replica.cursor() == "2"

    with (
        peer(page("3", more=True), *again, CURSOR_INVALID) as here,
        pytest.raises(Rejected) as rejected,
    ):
        pull_news(store.replica, remote(here.url), wall=wall)
    assert rejected.value.refused.reason is Reason.CURSOR_INVALID


def test_where_a_page_cannot_be_kept_the_one_behind_it_is_waited_for_and_dropped(store, wall):
    answered = threading.Event()

    def late(request, connection):
        answered.wait(0.2)
        answered.set()  # before it is sent: the till may go on the moment it has it
        page("2")(request, connection)

    with peer(NO_COPY, page("1", more=True, documents=FORGED), late, signed(GREETING)) as here:
        server = remote(here.url)
        with pytest.raises(Refused) as refused:
            pull_news(store.replica, server, wall=wall)
        ended = answered.is_set()

        assert server.hello(HELLO) == GREETING  # nothing else is on its way

    assert refused.value.reason is Reason.DOCUMENT_FORGED
    assert (ended, store.replica.cursor()) == (True, "")


@pytest.mark.parametrize("last", [False, True])
def test_a_page_that_cannot_be_kept_is_the_outcome_whatever_becomes_of_the_one_behind_it(
    store, wall, last
):
    first = page("1", more=not last, documents=FORGED)
    with peer(NO_COPY, first, hangs_up) as here, pytest.raises(Refused) as refused:
        pull_news(store.replica, remote(here.url), wall=wall)

    assert refused.value.reason is Reason.DOCUMENT_FORGED
    assert len(here.asked) == 2 + (not last)


def test_a_lease_granted_while_a_page_was_on_its_way_stays(store, wall):
    def lends_meanwhile(request, connection):
        store.replica.keep_lease(LEASE, now=wall())
        page("2", lent=True)(request, connection)

    with peer(NO_COPY, page("1", more=True), lends_meanwhile) as here:
        pull_news(store.replica, remote(here.url), wall=wall)

    assert [one.id.hex() for one in store.ledger.leases.of(LEASE.member)] == [LEASE.id]


def test_a_lease_that_comes_and_goes_in_one_pull_is_gone(store, wall):
    with peer(
        NO_COPY, page("1", more=True, lent=True, leases=(LEASE,)), page("2", lent=True)
    ) as here:
        pull_news(store.replica, remote(here.url), wall=wall)

    assert store.ledger.leases.of(LEASE.member) == ()


def test_a_lease_that_was_given_back_while_a_list_was_on_its_way_is_not_lent_again(store, wall):
    leases = store.ledger.leases

    def closes_meanwhile(request, connection):
        leases.give_back([bytes.fromhex(LEASE.id)])
        store.replica.closed_leases([bytes.fromhex(LEASE.id)])
        page("1", lent=True, leases=(LEASE,))(request, connection)

    store.replica.keep_lease(LEASE, now=wall())
    with peer(NO_COPY, closes_meanwhile) as here:
        pull_news(store.replica, remote(here.url), wall=wall)

    assert leases.of(LEASE.member) == ()


def test_a_restored_server_that_forgot_the_end_of_a_lease_has_it_reported_again(store, wall):
    leases = store.ledger.leases
    store.replica.keep_lease(LEASE, now=wall())
    leases.give_back([bytes.fromhex(LEASE.id)])
    store.replica.closed_leases([bytes.fromhex(LEASE.id)])

    restored = page("1", lent=True, leases=(LEASE,), epoch=PAGE.epoch + 1)
    with peer(NO_COPY, restored) as here:
        pull_news(store.replica, remote(here.url), wall=wall)

    assert [one.id.hex() for one in leases.of(LEASE.member)] == [LEASE.id]
