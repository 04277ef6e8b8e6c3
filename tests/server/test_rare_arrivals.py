"""What arrives seldom, and what two do at once: each has its answer, and the ledger stays right."""

import hashlib
from contextlib import contextmanager
from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import delete, insert, select, update

from sync.programme.document import Earning, Limits, Reward, Window
from sync.programme.members import bucket_of
from sync.programme.refusals import Reason
from sync.protocol import chain
from sync.protocol import events as wire
from sync.protocol.events import Line
from sync.protocol.messages import EnrolRequest, LeaseRequest, Person
from sync.protocol.outbox_file import FORMAT, OutboxHeader, pack_outbox
from sync.server.office import expiry, lease_rows, leases, preleases
from sync.server.office.documents import Rulebook, publish
from sync.server.office.enrol import enrol
from sync.server.office.epoch import begin_era
from sync.server.office.outbox_import import import_outbox
from sync.server.office.persons import Details, details_of, keys_of
from sync.server.office.push import record_push
from sync.server.office.stock import count_stock
from sync.server.store.keys import load_keys, make_keys
from sync.server.store.states import LeaseState, MemberStatus
from sync.server.store.tables import due, events, members
from tests.builders import a_bonus
from tests.refusals import reason
from tests.server.accounts import account, folded, lost, stored
from tests.server.shop import DAY, MINUTE, NOON, Till, enrolled_till, programme

NOBODY = (7 << 40) | 99
MISSION = 100  # for the third visit of the week


def published(office, version=2, **changes):
    with office.database.write() as connection:
        publish(connection, office.keys, programme(version, **changes), now=NOON)


class Meanwhile:
    """The office's database, in which somebody else writes just before the next to write does."""

    def __init__(self, database, act):
        self._database = database
        self._acts = [act]

    def __getattr__(self, name):
        return getattr(self._database, name)

    @contextmanager
    def write_together(self, **options):
        if self._acts:
            self._acts.pop()()
        with self._database.write_together(**options) as connection:
            yield connection


# --- Batches -------------------------------------------------------------------------------------


def test_a_batch_from_before_the_first_event_is_none(office, till):
    batch = chain.seal_batch(
        key=till.key, from_seq=0, previous=till.head, head=till.head, bodies=()
    )

    assert reason(record_push, office, till.caller, batch, now=NOON) is Reason.BATCH_UNREADABLE


def test_an_event_that_is_here_no_more_is_taken_beside_the_chain(office, till, member):
    with office.database.write() as connection:
        connection.execute(delete(events).where(events.c.seq == 2))

    assert reason(till.push, first=1, last=2) is Reason.CHAIN_FORKED


# --- Purchases -----------------------------------------------------------------------------------


def test_what_older_rules_promised_is_kept_within_the_caps_of_the_newer(office, till):
    member = till.member()
    published(
        office,
        earning=Earning(
            rate="0.5",
            welcome_points=50,
            typed_visits_day=50,
            cap_points_visit=60,
            cap_points_day=80,
        ),
    )
    till.accrual(member, 10_000, forecast=100)
    till.accrual(member, 10_000, forecast=100)
    till.push()

    assert account(office, member).points == 50 + 60 + 20
    assert stored(office) == folded(office)


def test_what_older_rules_promised_is_kept_whole_where_nothing_is_capped(office, till):
    member = till.member()
    published(office, earning=Earning(rate="0.5", welcome_points=50, typed_visits_day=50))
    till.accrual(member, 10_000, forecast=100)
    till.push()

    assert account(office, member).points == 50 + 100


def test_what_comes_for_a_merged_member_goes_to_who_they_are_now(office, till, member):
    other = till.member()
    with office.database.write() as connection:
        connection.execute(
            update(members)
            .where(members.c.member_id == other)
            .values(status=int(MemberStatus.MERGED), merged_into=member)
        )
    till.accrual(other, 1_000)
    till.push()

    assert account(office, member).points == 550 + 10 + MISSION


# --- Redemptions and units -----------------------------------------------------------------------


def test_a_gift_to_nobody_costs_the_shop_no_points(office, till):
    event = till.redemption(NOBODY, 0, reward=3)

    result = till.result(till.push(), event)

    assert (result.status, result.code) == ("accepted_as_loss", Reason.MEMBER_UNKNOWN.value)
    assert lost(office) == 0


def test_units_of_a_lease_that_nobody_granted_only_count_in_the_stock(office, till, member):
    with office.database.write() as connection:
        count_stock(connection, 1, {3: 5})
    till.redemption(member, 0, reward=3, units="0d" * 16)

    assert till.push().results == ()
    assert [(row.reward, row.left) for row in till.pull().stock] == [(3, 4)]


def test_a_lease_is_freed_once(office, till, member):
    till.lend(member, 100)
    with office.database.write() as connection:
        held = lease_rows.held_by(connection, till.caller.terminal, till.caller.incarnation)
        first = lease_rows.free(connection, held, LeaseState.CLOSED)
        again = lease_rows.free(connection, held, LeaseState.CLOSED)

    assert (first, again) == ({member}, set())
    assert account(office, member).leased == 0


# --- Voids ---------------------------------------------------------------------------------------


def test_the_bonus_of_a_day_is_uncounted_with_its_visit(office, till, member):
    coffee = a_bonus(window=Window(), cap_points_day=100)
    published(office, earning=Earning(rate="1", typed_visits_day=50, bonuses=(coffee,)))
    line = Line(net=1_000, ncm="09012100")
    bought = till.accrual(member, 1_000, lines=(line,), evidence="receipt", forecast=20)
    till.push()
    (before,) = till.pull().members
    till.void(bought.id)
    till.push()

    (after,) = till.pull().members
    assert (before.bonus, after.bonus) == ((("coffee_twice", 10),), ())
    assert account(office, member).points == 550


def test_a_reward_that_no_document_knows_is_taken_back_like_any(office, till, member):
    lease = till.lend(member, 100)
    spent = till.redemption(member, 100, lease.id, reward=77)
    till.push()
    till.void(spent.id)
    till.push()

    assert account(office, member).points == 550
    assert stored(office) == folded(office)


def test_a_redemption_that_was_taken_back_and_lapsed_since_is_not_taken_back_twice(office, till):
    """The entries of a visit are more than what it spent: what was given back stands beside it."""
    published(office, rewards=(Reward(id=1, name="Café", cost=100),))
    member = till.member()
    till.accrual(member, 30_000, forecast=300)
    till.push()
    lease = till.lend(member, 100)
    bought = till.accrual(member, 1_000)
    till.redemption(member, 100, lease.id, visit=bought.id)
    till.push()
    for _ in range(2):
        till.void(bought.id)
    till.push()

    assert account(office, member).points == 350


def test_a_visit_of_two_members_leaves_both_accounts_as_their_entries_say(office, till, member):
    """No honest till records one; whichever of its events is named, it is taken back once."""
    other = till.member()
    bought = till.accrual(member, 1_000)
    also = till.accrual(other, 1_000, visit=bought.id)
    till.push()
    till.void(also.id)
    till.push()
    again = till.void(bought.id)

    assert till.result(till.push(), again).code == Reason.ALREADY_UNDONE.value
    assert stored(office) == folded(office)


# --- Members -------------------------------------------------------------------------------------


def test_a_welcome_that_was_promised_otherwise_is_told(till):
    event = till.enrolment(forecast=70)

    result = till.result(till.push(), event)

    assert result.facts == {"points": 50, "forecast": 70}


def test_a_programme_without_a_welcome_gives_none(office, till):
    published(office, earning=Earning(rate="1", welcome_points=0))
    till.at += MINUTE
    event = till.enrolment(forecast=0)

    assert till.push().results == ()
    assert account(office, event.member).points == 0


@pytest.mark.parametrize("payload", [b"[]", b"\xff", b"{"])
def test_a_payload_that_is_no_person_is_shown(till, payload):
    salt = bytes(32)
    event = till.enrolment(sealed=wire.sealed_hash(salt, payload))
    line = {"event": event.id, "salt": salt.hex(), "payload": payload.decode(errors="replace")}
    till.sealed[-1] = msgspec.json.encode(line)

    assert till.result(till.push(), event).code == Reason.EVENT_INVALID.value


def test_an_address_that_is_none_is_shown_and_the_rest_is_kept(office, till):
    event = till.enrolment(Person(name="Ana", phone="11982144417", email="ana at home"))

    assert till.result(till.push(), event).code == Reason.EVENT_INVALID.value
    with office.database.read() as connection:
        assert details_of(office, connection, event.member).phone == "11982144417"


def test_nobody_has_neither_keys_nor_details(office):
    with office.database.read() as connection:
        assert details_of(office, connection, NOBODY) == Details()
    assert keys_of(office, []) == {}


def test_a_code_that_cannot_be_one_is_refused_like_a_wrong_one(office):
    request = EnrolRequest(code="?", public_key="0a" * 32, name="Caixa", protocol=1)

    assert reason(enrol, office, request, source="x", now=NOON) is Reason.ENROLMENT_CODE_INVALID


# --- Points that lapse ---------------------------------------------------------------------------


def test_who_has_nothing_to_lose_any_more_loses_nothing(office, till, member):
    with office.database.write() as connection:
        for one in (member, NOBODY):
            row = {"bucket": bucket_of(one), "member_id": one, "day": "2026-11-19"}
            connection.execute(insert(due).values(row))

    assert expiry.expire_due(office, now=NOON) == 0
    assert account(office, member).points == 550
    with office.database.read() as connection:
        assert connection.execute(select(due)).all() == []


# --- Leases before anybody asks ------------------------------------------------------------------


def test_who_has_too_little_and_who_came_once_long_ago_is_not_lent_for(office, till):
    poor = till.member()
    for _ in range(2):
        till.accrual(poor, 100)
    seldom = till.member()
    till.accrual(seldom, 40_000, forecast=400)
    till.push()

    assert preleases.lend_beforehand(office, till.caller, now=NOON + DAY) == 1
    assert preleases.lend_beforehand(office, till.caller, now=NOON + 20 * DAY) == 0


def test_a_till_that_holds_as_much_as_it_may_is_lent_no_more(office, till, member):
    second = till.member()
    for _ in range(2):
        till.accrual(second, 30_000, forecast=300)
    till.push()
    published(office, limits=Limits(terminal_lease_centavos=300))  # 120 points at 2.50 a hundred

    assert preleases.lend_beforehand(office, till.caller, now=NOON) == 1
    assert account(office, member).leased + account(office, second).leased == 100


def test_a_server_that_recovers_lends_nothing_beforehand(office, till, member):
    with office.database.write() as connection:
        begin_era(connection, 2, awaits=NOON)

    assert preleases.lend_beforehand(office, till.caller, now=NOON) == 0


def test_two_hellos_at_once_lend_once(office, till, member):
    def another_hello():
        assert preleases.lend_beforehand(office, till.caller, now=NOON) == 1

    racing = replace(office, database=Meanwhile(office.database, another_hello))

    assert preleases.lend_beforehand(racing, till.caller, now=NOON) == 0
    assert account(office, member).leased == 100


def test_what_was_lent_beforehand_is_lent_once_by_its_name(office, till, member):
    request = LeaseRequest(id=till.new_id(), member=member, points=100)
    with office.database.write() as connection:
        one, again = (
            leases.lend(office, connection, till.caller, request, now=NOON) for _ in range(2)
        )

    assert one == again
    assert account(office, member).leased == 100


# --- The programme -------------------------------------------------------------------------------


def test_a_version_that_is_not_above_all_others_is_not_published(office):
    published(office, 3)

    with office.database.write() as connection:
        act = (publish, connection, office.keys, programme(3))
        assert reason(*act, now=NOON) is Reason.DOCUMENT_FORGED


def test_before_the_first_version_its_rules_were_in_force():
    first = programme(1, valid_from=NOON)

    assert Rulebook(documents=(first,), by_prefix={}).in_force(NOON - 1) == first


# --- What somebody carries in a file -------------------------------------------------------------


def carried(till, *batches, terminal=None):
    header = OutboxHeader(format=FORMAT, terminal=terminal or till.caller.terminal, made_at=NOON)
    return b"".join(pack_outbox(header, [(till.caller.incarnation, one) for one in batches]))


def test_a_file_is_taken_in_as_far_as_it_can_be(office, till, member):
    copy: Till = till.copied()
    till.accrual(member, 1_000)
    good = till.batch()
    copy.accrual(member, 2_000)
    forked = copy.batch()
    other = enrolled_till(office, seed=2)
    other.accrual(member, 3_000)

    taken = import_outbox(office, carried(till, good, forked, other.batch()), now=NOON)

    assert (taken.batches, taken.refused) == (2, (Reason.SIGNATURE_INVALID,))
    assert account(office, member).points == 550 + 10 + 20 + MISSION


def test_a_file_of_a_terminal_that_nobody_knows_is_refused(office, till, member):
    file = carried(till, till.batch(), terminal=999)

    assert reason(import_outbox, office, file, now=NOON) is Reason.TERMINAL_UNKNOWN


# --- Keys ----------------------------------------------------------------------------------------


def test_keys_that_are_there_stay_and_missing_ones_are_named(tmp_path):
    chance = iter(range(1_000))

    def random(size):
        return hashlib.sha256(bytes([next(chance)])).digest()[:size]

    assert reason(load_keys, tmp_path) is Reason.DATABASE_KEY_MISSING
    make_keys(tmp_path, random)
    kept = load_keys(tmp_path).field
    make_keys(tmp_path, random)
    assert load_keys(tmp_path).field == kept

    (path,) = tmp_path.rglob("field.key")
    path.write_bytes(kept[:-1])
    assert reason(load_keys, tmp_path) is Reason.DATABASE_KEY_MISSING
