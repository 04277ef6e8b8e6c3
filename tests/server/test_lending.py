"""A lease in one round trip: on the terms of the last one, and only while all of them hold."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import create_engine

from sync.programme.document import Limits
from sync.programme.refusals import Reason
from sync.protocol import codec
from sync.protocol.messages import LeaseRequest, LeaseRow
from sync.server.office.documents import publish
from sync.server.office.epoch import begin_era, end_wait
from sync.server.office.feed import divide_by_store
from sync.server.office.holds import lives_of
from sync.server.office.lending import lends_at_once, lent_at_once
from sync.server.office.terminals import Caller, revoke
from sync.server.store.awaited import Awaited
from sync.server.store.dialect import is_shared
from sync.server.store.postgres import DATA_SCHEMA
from sync.server.store.states import IncarnationState, MemberStatus, TerminalState
from sync.server.store.tables import incarnations, members, terminals
from sync.server.store.unfolding import Last
from tests.refusals import refusal
from tests.server.accounts import account, folded, stored
from tests.server.line import Line, asked_of, problem
from tests.server.loop import waited_for
from tests.server.shop import DAY, HOUR, NOON, enrolled_till, programme
from tests.server.test_concurrency import WRITERS, at_once


@pytest.fixture
def lent(till, member):
    """The first lease, after which the terms are known."""
    return till.lend(member, 100)


def asked(till, member, points: int, **caller: object):
    request = LeaseRequest(id=till.new_id(), member=member, points=points)
    who: Caller = replace(till.caller, **caller)
    return waited_for(lent_at_once(till.office, who, request, now=till.at))


def changed(office, *changes) -> None:
    with office.database.write() as connection:
        for change in changes:
            change(connection)


def test_the_first_lease_is_granted_step_by_step(office, till, member):
    assert asked(till, member, 100) is None

    till.lend(member, 100)
    assert (asked(till, member, 100) is not None) == is_shared(office.database.writing)


def test_a_lease_at_once_is_the_same_as_one_step_by_step(office, till, member, lent):
    another = till.lend(member, 70)

    same = ("member", "spent", "granted_at", "stops_at", "epoch", "recalled", "reward")
    assert [getattr(another, name) for name in same] == [getattr(lent, name) for name in same]
    assert another.amount == 70
    assert account(office, member).leased == 170
    assert stored(office) == folded(office)
    assert sorted(till.pull().leases, key=lambda row: row.amount) == [another, lent]


def test_a_lease_at_once_is_seen_by_who_pulls(office, till, member, lent):
    other = enrolled_till(office, seed=2)
    page = other.pull()
    till.lend(member, 70)

    (row,) = other.pull(page.cursor).members
    assert (row.id, row.points - row.leased) == (member, 550 - 170)


def test_the_same_request_is_the_same_lease_at_once_too(office, till, member, lent):
    assert till.lend(member, 100, id=lent.id) == lent
    assert account(office, member).leased == 100


def test_an_id_of_another_terminal_is_refused_at_once_too(office, till, member, lent):
    other = enrolled_till(office, seed=2)

    assert refusal(other.lend, member, 100, id=lent.id)[0] is Reason.LEASE_UNKNOWN


def test_more_than_there_is_is_refused(till, member, lent):
    assert refusal(till.lend, member, 451)[0] is Reason.NOT_ENOUGH_POINTS
    assert till.lend(member, 450).amount == 450


@pytest.mark.parametrize("points", [0, -5])
def test_nothing_is_not_lent(till, member, lent, points):
    assert asked(till, member, points) is None


def test_a_member_who_was_blocked_meanwhile_is_lent_nothing(office, till, member, lent):
    changed(office, lambda c: c.execute(members.update().values(status=int(MemberStatus.BLOCKED))))

    assert refusal(till.lend, member, 10)[0] is Reason.MEMBER_BLOCKED


def test_nobody_is_lent_anything(till, lent):
    assert refusal(till.lend, 12_345, 10)[0] is Reason.MEMBER_UNKNOWN


def test_a_life_that_is_over_borrows_nothing(till, member, lent):
    assert asked(till, member, 10, forked=True) is None


def test_a_lease_is_granted_by_the_rules_in_force_now(office, till, member, lent):
    longer = programme(2, valid_from=NOON + HOUR, limits=Limits(lease_hours=5 * 24))
    changed(office, lambda c: publish(c, office.keys, longer, now=NOON))

    assert till.lend(member, 10).stops_at == NOON + 3 * DAY
    till.at += HOUR
    assert till.lend(member, 10).stops_at == till.at + 5 * DAY
    assert till.lend(member, 10).stops_at == till.at + 5 * DAY


def test_the_cap_of_the_rules_in_force_now_holds(office, till, member, lent):
    capped = programme(2, limits=Limits(terminal_lease_centavos=500))  # 2.5 centavos a point
    changed(office, lambda c: publish(c, office.keys, capped, now=NOON))

    assert refusal(till.lend, member, 101) == (Reason.LEASE_TOO_SMALL, {"left": 100})
    assert till.lend(member, 60).amount == 60
    assert refusal(till.lend, member, 41) == (Reason.LEASE_TOO_SMALL, {"left": 40})
    assert till.lend(member, 40).amount == 40
    assert asked(till, member, 201) is None


def test_rules_without_a_cap_lend_what_is_there(office, till, member):
    changed(office, lambda c: publish(c, office.keys, programme(2, rewards=()), now=NOON))
    till.lend(member, 1)

    assert till.lend(member, 549).amount == 549


def test_a_server_that_was_restored_lends_in_its_new_epoch(office, till, member, lent):
    changed(office, lambda c: begin_era(c, 2, awaits=NOON))
    assert refusal(till.lend, member, 10)[0] is Reason.SERVER_RECOVERING

    changed(office, lambda c: end_wait(c, now=NOON))
    assert till.lend(member, 10).epoch == 2
    assert till.lend(member, 10).epoch == 2


def test_members_dealt_out_by_store_are_raised_for_their_store(office, till, member, lent):
    changed(office, divide_by_store)
    assert asked(till, member, 10) is None
    page = till.pull()

    till.lend(member, 10)
    assert not lends_at_once(office)
    (row,) = till.pull(page.cursor).members
    assert (row.id, row.points - row.leased) == (member, 440)


def test_a_request_that_comes_eight_times_on_known_terms_is_granted_once(
    office, till, member, lent
):
    request_id = till.new_id()

    answers = at_once(*[lambda: till.lend(member, 10, id=request_id)] * WRITERS)

    assert answers == [answers[0]] * WRITERS
    assert account(office, member).leased == 110


def test_eight_tills_on_known_terms_are_not_lent_more_than_there_is(office, till, member, lent):
    tills = [enrolled_till(office, seed=2 + n) for n in range(WRITERS)]

    answers = at_once(*(lambda one=one: one.lend(member, 90) for one in tills))

    granted = [answer for answer in answers if not isinstance(answer, Reason)]
    assert len(granted) == 5
    assert account(office, member).leased == 550
    assert stored(office) == folded(office)


def test_a_terminal_on_known_terms_holds_no_more_than_its_cap(office, till, member):
    capped = programme(2, limits=Limits(terminal_lease_centavos=500))  # 2.5 centavos a point
    changed(office, lambda c: publish(c, office.keys, capped, now=NOON))
    till.lend(member, 20)

    answers = at_once(*(lambda: till.lend(member, 60) for _ in range(WRITERS)))

    assert answers.count(Reason.LEASE_TOO_SMALL) == WRITERS - 3
    assert account(office, member).leased == 200


@pytest.mark.parametrize("times", range(3, 7))  # the driver prepares what it has run five times
def test_a_lease_that_was_cut_short_is_had_step_by_step_and_the_next_one_at_once(
    office, till, member, lent, times
):
    if not is_shared(office.database.writing):
        return
    for _ in range(times):
        assert asked(till, member, 1) is not None
    with (
        ThreadPoolExecutor(1) as pool,
        office.database.keys_writing.begin() as connection,  # the lease has the others to itself
    ):
        connection.exec_driver_sql(f"SELECT 1 FROM {DATA_SCHEMA}.incarnations FOR UPDATE")
        cut_short = pool.submit(asked, till, member, 1)
        who_waits(office, "pg_cancel_backend(pid)", unless=cut_short)
        assert cut_short.result(60) is None

    assert till.lend(member, 1).amount == 1
    assert asked(till, member, 1) is not None
    assert account(office, member).leased == 100 + times + 2


def test_a_lease_at_once_waits_for_whoever_writes_alone(office, till, member, lent):
    if not is_shared(office.database.writing):
        return
    with ThreadPoolExecutor(1) as pool:
        with office.database.write() as connection:
            connection.execute(members.update().values(status=int(MemberStatus.BLOCKED)))
            answer = pool.submit(asked, till, member, 10)
            who_waits(office, "pid", unless=answer)
        assert answer.result(60) is None

    assert account(office, member).leased == 100


def test_a_connection_that_broke_is_opened_anew(office, till, member, lent):
    till.lend(member, 1)
    if is_shared(office.database.writing):
        with office.database.read() as connection:
            broken = connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname ="
                " current_database() AND pid <> pg_backend_pid() AND query LIKE '%%WITH bound%%'"
            )
            assert len(broken.all()) == 1
        assert asked(till, member, 1) is None
        assert asked(till, member, 1) is not None

    assert till.lend(member, 1).amount == 1
    assert stored(office) == folded(office)


def test_where_nobody_listens_a_lease_is_not_had_at_once(caplog):
    nowhere = create_engine("postgresql+psycopg://nobody:12%2Fw@127.0.0.1:1/nothing")
    awaited = Awaited(nowhere, DATA_SCHEMA)

    for _ in range(2):
        asked = awaited.write(Last("SELECT 1", ()), holding_first=lives_of(1))
        assert waited_for(asked) is None
    awaited.close()

    (said,) = caplog.messages  # once, and no word of the address
    assert said == "no lease at once: OperationalError "


CHANGED = {
    "lost": lambda c, till: c.execute(terminals.update().values(state=int(TerminalState.LOST))),
    "revoked": lambda c, till: revoke(c, till.caller.terminal),
    "moved": lambda c, till: c.execute(terminals.update().values(store_id=2)),
    "forked": lambda c, till: c.execute(
        incarnations.update().values(state=int(IncarnationState.FORKED))
    ),
    "ended": lambda c, till: c.execute(
        incarnations.update().values(state=int(IncarnationState.ENDED))
    ),
    "another's key": lambda c, till: c.execute(incarnations.update().values(public_key=bytes(32))),
}


@pytest.mark.parametrize("what", CHANGED)
def test_who_is_not_as_he_was_recognised_is_lent_nothing_at_once(office, till, member, lent, what):
    changed(office, lambda connection: CHANGED[what](connection, till))

    assert asked(till, member, 10) is None
    assert account(office, member).leased == 100


def test_units_of_a_reward_and_what_gives_leases_back_go_step_by_step(till, member, lent):
    for more in ({"reward": 1}, {"closes": (lent.id,)}):
        request = LeaseRequest(id=till.new_id(), member=member, points=1, **more)
        assert waited_for(lent_at_once(till.office, till.caller, request, now=till.at)) is None


@pytest.fixture
def greeted(line, member, lent):
    line.greet()
    return line


def over_http(line, member, *, padding: int = 0, **changes):
    request = LeaseRequest(id=line.till.new_id(), member=member, points=10)
    body = codec.encode(request) + b" " * padding
    return line.send("POST", "/leases", body, **{"life": 1} | changes)


def test_whoever_was_greeted_is_lent_at_once_without_being_recognised_anew(
    office, greeted, member, till
):
    with asked_of(office.database.reading) as times:
        response = over_http(greeted, member)

    assert codec.decode(response.content, LeaseRow).amount == 10
    assert (len(times) == 0) == is_shared(office.database.writing)
    assert account(office, member).leased == 110


def test_only_what_is_short_is_read_while_everybody_waits(office, greeted, member):
    with asked_of(office.database.reading) as times:
        assert over_http(greeted, member, padding=1_024).status_code == 200

    assert len(times) == 1


def test_a_life_that_is_not_named_or_not_greeted_is_recognised_first(office, greeted, member):
    other = Line(greeted.client, office, enrolled_till(office, seed=2))

    assert over_http(greeted, member, life=0).status_code == 200
    assert problem(over_http(other, member)) == (409, "hello_first")


def test_what_is_in_the_way_is_said_also_to_whoever_was_greeted(office, greeted, member):
    stranger = enrolled_till(office, seed=2)

    assert problem(over_http(greeted, member, key=stranger.key)) == (401, "signature_invalid")
    assert problem(over_http(greeted, member, now=NOON - HOUR)) == (401, "clock_wrong")
    assert problem(over_http(greeted, 12_345)) == (404, "member_unknown")
    nonsense = greeted.send("POST", "/leases", b"{", life=1)
    assert problem(nonsense) == (400, "batch_unreadable")
    changed(office, lambda connection: revoke(connection, greeted.till.caller.terminal))
    assert problem(over_http(greeted, member)) == (403, "terminal_revoked")
    assert account(office, member).leased == 100


def who_waits(office, told: str, *, unless: Future) -> None:
    """Tell whoever waits for a lock this, as soon as somebody does, `unless` it is over by then."""
    asked = (
        f"SELECT {told} FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with office.database.read() as connection:
        while not unless.done() and not connection.exec_driver_sql(asked).all():
            connection.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
