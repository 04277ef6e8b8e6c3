"""Signed answers that a server seldom gives: each is named, and none costs an event."""

import os
from contextlib import closing

import msgspec
import pytest

from loyalty_desk.paths import places as places_of
from loyalty_desk.store.keys import load_keys
from loyalty_desk.store.opening import open_store
from sync.client import bootstrap, push
from sync.client.outcomes import Outdated, Rejected, ServerFault
from sync.client.replica import Copying
from sync.programme.refusals import Reason, Refused
from sync.protocol import codec, signing
from sync.protocol.columns import CHUNK_BYTES_MAX
from sync.protocol.messages import ChunkRef, Manifest, ReincarnateAnswer, Snapshot
from tests.client.central import central
from tests.client.test_engine import Between
from tests.client.test_lives import purchases, twin_of
from tests.client.test_remote import IDENTITY, SERVER_KEY
from tests.client.till import a_till, wall
from tests.client.unusual import Instead, first, refuses


@pytest.fixture
def home(tmp_path):
    """A server of its own: what happens to a till's journal here concerns nobody else."""
    with central(tmp_path / "centre") as server:
        yield server


# --- Hello ---------------------------------------------------------------------------------------


def answering(till, kind, **changes):
    """An engine whose server says something else in its answers to `kind`."""

    def spoil(name, answer):
        return msgspec.structs.replace(answer, **changes) if name == kind else answer

    return till.engine_with(Between(till.server, spoil))


@pytest.mark.parametrize(("protocol", "server"), [(0, True), (99, False)])
def test_a_greeting_in_another_protocol_asks_for_an_update_of_the_older_side(
    till, protocol, server
):
    with pytest.raises(Outdated) as outdated:
        answering(till, "hello", protocol=protocol).round()

    assert outdated.value.server is server


def test_a_life_that_the_server_has_put_aside_is_left(fresh_till):
    report = answering(fresh_till, "hello", quarantined=True).round()

    assert report.trouble is Reason.CHAIN_FORKED
    assert fresh_till.engine.round().trouble is None
    assert fresh_till.ledger.known.incarnation > 1


def test_a_hello_that_is_refused_is_the_outcome_of_the_round(till):
    engine = till.engine_with(Instead(till.server, hello=refuses(Reason.TERMINAL_UNKNOWN)))

    with pytest.raises(Rejected):
        engine.round()


# --- Lives ---------------------------------------------------------------------------------------


def test_a_till_whose_server_gives_no_second_life_goes_on_reading(fresh_till):
    member = fresh_till.somebody()
    fresh_till.ledger.leave_life("forked")
    fresh_till.credit(member, 7)
    none = Instead(fresh_till.server, reincarnate=refuses(Reason.NOT_FOUND))

    report = fresh_till.engine_with(none).round()

    assert (report.trouble, report.pushed) == (Reason.CHAIN_FORKED, 0)
    assert fresh_till.ledger.waiting() == 1


def test_a_second_life_that_is_refused_is_the_outcome_of_the_round(fresh_till):
    fresh_till.ledger.leave_life("forked")
    revoked = Instead(fresh_till.server, reincarnate=refuses(Reason.TERMINAL_REVOKED))

    with pytest.raises(Rejected) as rejected:
        fresh_till.engine_with(revoked).round()

    assert rejected.value.refused.reason is Reason.TERMINAL_REVOKED
    assert fresh_till.ledger.known.incarnation == 1


def test_a_restored_server_that_gives_another_number_now_is_not_followed(fresh_till):
    fresh_till.ledger.leave_life("forked")
    fresh_till.engine.round()
    another = ReincarnateAnswer(incarnation=9, issuer=9, epoch=1, now=wall())
    forgetful = Instead(
        fresh_till.server,
        hello=refuses(Reason.TERMINAL_UNKNOWN),
        reincarnate=lambda request: another,
    )

    with pytest.raises(Rejected) as rejected:
        fresh_till.engine_with(forgetful).round()

    assert rejected.value.refused.reason is Reason.TERMINAL_UNKNOWN
    assert fresh_till.ledger.known.incarnation == 2


@pytest.fixture
def left(home, tmp_path):
    """A till that has left a life with one purchase in it that the server has not got."""
    with a_till(tmp_path / "till", home) as till:
        member = till.somebody()
        till.credit(member, 7)
        till.ledger.leave_life("forked")
        yield till, member


def test_a_life_before_is_delivered_from_where_a_restored_server_wants_it(left, home):
    till, member = left
    gap = refuses(Reason.CHAIN_GAP, expected=1)

    till.engine_with(Instead(till.server, push=first(gap, till.server.push))).round()

    assert purchases(home, member) == 1
    assert (till.ledger.waiting(), till.ledger.lives.stuck()) == (0, 0)


@pytest.mark.parametrize(
    "no",
    [
        pytest.param(refuses(Reason.CHAIN_GAP, expected=1), id="back-again-and-again"),
        pytest.param(refuses(Reason.CHAIN_GAP, expected=99), id="forward"),
        pytest.param(refuses(Reason.CHAIN_GAP), id="somewhere"),
        pytest.param(refuses(Reason.CHAIN_BROKEN), id="broken"),
    ],
)
def test_what_a_server_will_never_take_of_a_life_before_stays_for_somebody_to_look_at(left, no):
    till, _ = left

    report = till.engine_with(Instead(till.server, push=no)).round()

    assert report.trouble is None
    assert till.ledger.lives.stuck() == 1


def test_what_a_server_does_not_take_today_of_a_life_before_is_sent_again(left, home):
    till, member = left
    busy = first(refuses(Reason.SERVER_RECOVERING), till.server.push)
    engine = till.engine_with(Instead(till.server, push=busy))

    with pytest.raises(Rejected):
        engine.round()
    assert till.ledger.lives.stuck() == 0
    engine.round()

    assert purchases(home, member) == 1


# --- Push and pull -------------------------------------------------------------------------------


def pushed(till, server, *, after):
    return push.push_pending(till.store.replica, server, till.keys.signing_key, after=after)


def test_an_acknowledgement_of_earlier_events_is_none_of_these(fresh_till):
    till = fresh_till
    member = till.somebody()
    heard = []
    after = till.ledger.head().seq
    till.credit(member, 1)
    pushed(
        till, Between(till.server, lambda _, answer: heard.append(answer) or answer), after=after
    )
    till.credit(member, 2)
    waiting = till.ledger.waiting()

    with pytest.raises(ServerFault):
        pushed(till, Instead(push=lambda batch: heard[0]), after=after + 1)

    assert till.ledger.waiting() == waiting == 1


def test_a_server_that_has_more_of_a_journal_than_its_disk_shows_that_it_was_copied(home, tmp_path):
    with a_till(tmp_path / "till", home) as one:
        member = one.somebody()
        after = one.ledger.head().seq
        one.credit(member, 1)
        with closing(twin_of(one, tmp_path / "twin")) as twin:
            one.credit(member, 2)
            pushed(one, one.server, after=after)

            with pytest.raises(Rejected) as rejected:
                pushed(twin, twin.server, after=after)

            assert rejected.value.refused.reason is Reason.CHAIN_FORKED
            assert twin.ledger.waiting() == 1


def test_a_pull_that_is_refused_is_the_outcome_of_the_round(till):
    engine = till.engine_with(Instead(till.server, pull=refuses(Reason.TERMINAL_REVOKED)))

    with pytest.raises(Rejected):
        engine.round()


def test_a_cursor_that_is_never_good_is_not_begun_again_for_ever(till):
    engine = till.engine_with(Instead(till.server, pull=refuses(Reason.CURSOR_INVALID)))

    with pytest.raises(Rejected):
        engine.round()
    assert till.engine.round().trouble is None


def test_many_members_come_page_by_page(till):
    till.server._page_rows = 7
    till.store.cache.refetch()

    report = till.engine.round()

    till.connect()
    # Who changed several times may be in several pages.
    assert report.pulled >= till.store.cache.count() > 7
    assert not report.differs


def test_one_member_is_looked_up_and_shown_their_card(till):
    member = till.somebody()

    found = till.server.look_up({"member": member})
    card = till.server.card_of(member)

    assert [row.id for row in found.members] == [member]
    assert card == till.server.card_of(member)


# --- A first copy --------------------------------------------------------------------------------


@pytest.fixture
def replica(tmp_path):
    """A terminal of a server whose key the test has."""
    places = places_of(root=tmp_path)
    keys = load_keys(places, random_bytes=os.urandom, vault=None)
    store = open_store(places, keys, random_bytes=os.urandom, now=wall())
    store.ledger.enrolled(IDENTITY)
    yield store.replica
    store.close(wall())


def offering(**facts):
    """A server that offers this first copy, and has signed it."""
    usual = {
        "epoch": 1,
        "scope": "store:1",
        "cursor": "7",
        "made_at": 0,
        "members": 0,
        "chunks": (),
    }
    body = codec.encode(Manifest(**usual | facts))
    signature = signing.sign_manifest(SERVER_KEY, body)
    return Instead(snapshot=lambda: Snapshot(manifest=body.decode(), signature=signature))


def part(size):
    return ChunkRef(sha256="0a" * 32, size=size, members=1)


def test_a_copy_of_nobody_is_none(replica):
    bootstrap.begin(replica, offering())

    assert replica.copying() is None


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"cursor": "", "chunks": (part(10),)}, id="from-nowhere"),
        pytest.param({"chunks": (part(CHUNK_BYTES_MAX + 1),)}, id="too-large"),
    ],
)
def test_a_copy_that_cannot_be_taken_is_trouble_at_the_server(replica, facts):
    with pytest.raises(ServerFault):
        bootstrap.begin(replica, offering(**facts))

    assert replica.copying() is None


def test_a_server_that_knows_no_first_copies_is_pulled_from(replica):
    bootstrap.begin(replica, Instead(snapshot=refuses(Reason.NOT_FOUND)))

    assert replica.copying() is None


def test_a_first_copy_that_is_refused_is_the_outcome(replica):
    with pytest.raises(Rejected):
        bootstrap.begin(replica, Instead(snapshot=refuses(Reason.TERMINAL_REVOKED)))


def test_a_part_that_is_refused_is_the_outcome_and_the_copy_goes_on_later(replica):
    bootstrap.begin(replica, offering(chunks=(part(10),), members=1))

    with pytest.raises(Rejected) as rejected:
        bootstrap.go_on(replica, Instead(part=refuses(Reason.TERMINAL_REVOKED)))

    assert isinstance(rejected.value.refused, Refused)
    assert isinstance(replica.copying(), Copying)
