"""Pushing: what terminals recorded takes effect once, whatever arrives twice, late or broken."""

from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import select

from sync.programme.document import Earning
from sync.programme.refusals import Reason, Refused
from sync.protocol import events as wire
from sync.protocol import signing
from sync.protocol.events import AccrualEvent, Line
from sync.server.office.documents import publish, rulebook
from sync.server.store.tables import audit, balances, events, repeats, tier_changes
from tests.server.accounts import account, entries, entry_count, folded, stored
from tests.server.shop import DAY, HOUR, MINUTE, NOON, Till, enrolled_till, programme
from tests.server.sites import open_office


def stored_events(office):
    with office.database.read() as connection:
        return connection.execute(select(events).order_by(events.c.branch, events.c.seq)).all()


def test_a_purchase_is_credited(office, till):
    member = till.member()
    till.accrual(member, 8_640)

    answer = till.push()

    assert answer.results == ()
    assert answer.last_seq == 2
    assert account(office, member).points == 50 + 86


def test_the_answer_is_an_acknowledgement_that_can_be_proved_later(office, till):
    till.accrual(till.member(), 1_000)

    answer = till.push()

    part = signing.ack_part(
        terminal=till.caller.terminal,
        incarnation=till.caller.incarnation,
        epoch=answer.epoch,
        seq=answer.last_seq,
        head=bytes.fromhex(answer.head),
    )
    server_key = office.keys.config.public_key().public_bytes_raw()
    signing.check_ack(server_key, signature=answer.signature, part=part)
    assert bytes.fromhex(answer.head) == till.hashes[-1]


@pytest.mark.parametrize("ends_at", [0, 1, 2])
def test_a_batch_that_comes_again_counts_once(office, till, ends_at):
    member = till.member()
    till.accrual(member, 1_000)
    till.push()
    before = entry_count(office)
    till.caller = replace(till.caller, last_seq=ends_at)  # as its request was recognised

    answer = till.push(first=1, last=2)

    assert (answer.last_seq, answer.results) == (2, ())
    assert entry_count(office) == before


@pytest.mark.parametrize("ends_at", [0, 3])
def test_an_old_batch_that_comes_again_is_acknowledged_up_to_the_end(till, ends_at):
    member = till.member()
    till.accrual(member, 1_000)
    till.push()
    till.accrual(member, 1_000)
    till.push()
    till.caller = replace(till.caller, last_seq=ends_at)

    assert till.push(first=1, last=2).last_seq == 3


def test_what_is_known_of_a_batch_is_skipped(office, till):
    member = till.member()
    till.accrual(member, 1_000)
    till.push()
    till.accrual(member, 2_000)

    answer = till.push(first=1, last=3)

    assert answer.last_seq == 3
    assert account(office, member).points == 50 + 10 + 20


def test_an_empty_batch_is_acknowledged(till):
    till.member()

    assert till.push().last_seq == 1


def test_a_gap_is_refused_with_the_number_to_start_from(till):
    member = till.member()
    for _ in range(3):
        till.accrual(member, 1_000)

    with pytest.raises(Refused) as refused:
        till.push(first=3, last=4)

    assert (refused.value.reason, refused.value.facts) == (Reason.CHAIN_GAP, {"expected": 2})


def test_an_event_that_was_changed_on_the_way_is_refused(till):
    till.accrual(till.member(), 1_000)
    till.bodies[-1] = till.bodies[-1].replace(b"1000", b"9999")

    with pytest.raises(Refused) as refused:
        till.push()

    assert refused.value.reason is Reason.CHAIN_BROKEN


def test_another_terminals_events_are_refused(office, till):
    other = enrolled_till(office, seed=2)
    till.accrual(till.member(), 1_000)
    batch = till.batch()

    with pytest.raises(Refused) as refused:
        Till.push_as(other.caller, office, batch, now=NOON)

    assert refused.value.reason is Reason.SIGNATURE_INVALID


def test_a_copied_terminal_is_recorded_beside_the_chain_and_reported(office, till):
    member = till.member()
    copy = till.copied()
    till.accrual(member, 1_000)
    till.push()
    copy.accrual(member, 5_000)
    copy.caller = replace(copy.caller, last_seq=2)  # as its request was recognised

    with pytest.raises(Refused) as refused:
        copy.push()

    assert (refused.value.reason, refused.value.facts) == (
        Reason.CHAIN_FORKED,
        {"last_seq": 2, "until": 2},
    )
    assert account(office, member).points == 50 + 10 + 50
    assert [(row.branch, row.seq) for row in stored_events(office)] == [(0, 1), (0, 2), (1, 2)]
    with office.database.read() as connection:
        assert connection.scalars(select(audit.c.act)).all() == ["journal_forked"]


def test_a_branch_that_comes_again_counts_once(office, till):
    member = till.member()
    copy = till.copied()
    till.accrual(member, 1_000)
    till.push()
    copy.accrual(member, 5_000)

    for _ in range(3):
        with pytest.raises(Refused):
            copy.push()

    assert account(office, member).points == 50 + 10 + 50
    assert len(stored_events(office)) == 3


def test_a_forked_terminal_borrows_no_more(office, till):
    member = till.member()
    copy = till.copied()
    till.accrual(member, 1_000)
    till.push()
    copy.accrual(member, 5_000)
    with pytest.raises(Refused):
        copy.push()

    with pytest.raises(Refused) as refused:
        till.now_known_as_forked().lend(member, 10)

    assert refused.value.reason is Reason.CHAIN_FORKED


def test_the_original_goes_on_after_its_copy_was_found(office, till):
    member = till.member()
    copy = till.copied()
    till.accrual(member, 1_000)
    till.push()
    copy.accrual(member, 5_000)
    with pytest.raises(Refused):
        copy.push()
    till.accrual(member, 2_000)

    assert till.push().last_seq == 3
    assert account(office, member).qualifying == 10 + 50 + 20


def test_the_same_event_in_another_journal_counts_once(office, till):
    member = till.member()
    event = till.accrual(member, 1_000)
    till.push()
    other = enrolled_till(office, seed=2)
    other.append(wire.encode(msgspec.structs.replace(event, seq=1)))

    answer = other.push()

    assert [result.status for result in answer.results] == ["duplicate"]
    assert account(office, member).points == 60
    with office.database.read() as connection:
        assert len(connection.execute(select(repeats)).all()) == 1


def test_a_replay_that_ends_in_a_repeated_event_is_still_a_replay(office, till):
    event = till.accrual(till.member(), 1_000)
    till.push()
    other = enrolled_till(office, seed=2)
    other.append(wire.encode(msgspec.structs.replace(event, seq=1)))
    other.push()
    other.accrual(event.member, 700)
    other.push()

    assert other.push(first=1, last=1).last_seq == 2


def test_an_event_of_an_unknown_kind_is_kept_and_blocks_nothing(office, till):
    member = till.member()
    body = wire.encode(till.accrual(member, 1_000)).replace(b'"accrual"', b'"raffle"')
    till.bodies.pop(), till.hashes.pop()
    till.append(body)
    till.accrual(member, 2_000)

    answer = till.push()

    assert [(r.seq, r.status, r.code) for r in answer.results] == [
        (2, "needs_review", "event_kind_unknown")
    ]
    assert stored_events(office)[1].body == body
    assert account(office, member).points == 50 + 20


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b'{"kind":"accrual"}', id="nothing in it"),
        pytest.param(b'{"kind":"accrual","id":"zz"}', id="no id"),
    ],
)
def test_an_unreadable_event_is_kept_and_blocks_nothing(office, till, body):
    member = till.member()
    till.append(body)
    till.accrual(member, 2_000)

    answer = till.push()

    assert [(r.seq, r.code) for r in answer.results] == [(2, "event_invalid")]
    assert account(office, member).points == 50 + 20


@pytest.mark.parametrize(
    "facts",
    [
        {"seq": 9},
        {"visit": "not hex"},
        {"receipt": "9" * 45},
        {"card": "xyz"},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_an_event_that_says_what_cannot_be_gives_no_points(office, till, facts):
    member = till.member()
    till.accrual(member, 2_000, **facts)
    till.accrual(member, 1_000)

    answer = till.push()

    assert [(r.seq, r.status) for r in answer.results] == [(2, "needs_review")]
    assert account(office, member).points == 50 + 10


def test_an_amount_that_no_purchase_has_gives_no_points(office, till):
    member = till.member()
    event = till.accrual(member, 10**17)

    assert till.result(till.push(), event).code == "amount_absurd"
    assert account(office, member).points == 50


@pytest.fixture
def unlucky(office, engine):
    """A head office that cannot enter 13 points."""
    faults = {
        "sqlite": (
            "CREATE TRIGGER fault BEFORE INSERT ON ledger WHEN new.points = 13"
            " BEGIN SELECT RAISE(ABORT, 'a fault'); END",
            "DROP TRIGGER fault",
        ),
        "postgresql": (
            "ALTER TABLE ledger ADD CONSTRAINT fault CHECK (points <> 13)",
            "ALTER TABLE ledger DROP CONSTRAINT fault",
        ),
    }
    begin, end = faults[engine.name]
    with office.database.write() as connection:
        connection.exec_driver_sql(begin)
    yield
    with office.database.write() as connection:
        connection.exec_driver_sql(end)


@pytest.mark.usefixtures("unlucky")
def test_an_event_that_nobody_foresaw_is_shelved_and_the_others_go_on(office, till):
    good, bad = till.member(), till.member()
    till.accrual(good, 2_000)
    till.accrual(bad, 1_300)
    till.accrual(good, 3_000)

    answer = till.push()

    assert [(r.seq, r.status, r.code) for r in answer.results] == [
        (4, "needs_review", "server_fault")
    ]
    assert answer.last_seq == 5
    assert account(office, good).points == 50 + 20 + 30
    assert account(office, bad).points == 50


@pytest.mark.usefixtures("unlucky")
@pytest.mark.parametrize("place", [10, 70])
def test_a_fault_anywhere_in_a_large_batch_costs_one_event(office, till, place):
    member, other = till.member(), till.member()
    for nth in range(80):
        till.accrual(member, 1_300 if nth == place else 1_000)
        till.accrual(other, 1_000)

    answer = till.push()

    assert [(r.seq, r.code) for r in answer.results] == [(2 * place + 3, "server_fault")]
    assert stored(office) == folded(office)
    assert entries(office, member).count(("earn", 10)) == 79


def test_a_large_batch_changes_each_member_once(office, till):
    early, on_card, both = members = [
        till.member(card=card) for card in ("", "00112233445566ff", "00112233445566aa")
    ]
    before = balance_rows(office)
    for nth in range(80):
        till.accrual(early if nth < 40 else both, 1_000)
        if nth == 10:
            newcomer = till.enrolment(card="0011223344556677")
            till.accrual(on_card, 1_000)
            till.accrual(both, 1_000)
    till.accrual(0, 2_000, card="00112233445566ff")
    till.accrual(0, 200_000, card="0011223344556677")

    assert till.push().results == ()
    now = balance_rows(office)
    assert [now[member].version - before[member].version for member in members] == [1, 1, 1]
    assert now[newcomer.member].version == 1
    assert left_tiers(office) == []
    assert stored(office) == folded(office)


def balance_rows(office):
    with office.database.read() as connection:
        return {row.member_id: row for row in connection.execute(select(balances))}


def left_tiers(office):
    with office.database.read() as connection:
        return connection.execute(select(tier_changes)).all()


def test_a_purchase_of_nobody_known_is_shown_to_a_person(till):
    till.accrual(12_345, 2_000)

    assert [(r.status, r.code) for r in till.push().results] == [("needs_review", "member_unknown")]


def test_a_purchase_on_a_card_goes_to_its_member(office, till):
    event = till.enrolment(card="00112233445566ff")
    till.accrual(0, 2_000, card="00112233445566ff", visit=event.id)

    assert till.push().results == ()
    assert account(office, event.member).points == 50 + 20


def test_the_server_prices_by_the_lines_of_a_receipt_and_the_tier(office, till):
    member = till.member()
    morning = NOON - 3 * HOUR
    lines = (Line(net=2_400, ncm="09012100"), Line(net=6_240))
    till.at = morning
    till.accrual(member, 8_640, lines=lines, evidence="receipt", forecast=110)

    answer = till.push()

    assert answer.results == ()
    assert account(office, member).points == 50 + 86 + 24


def test_what_was_promised_and_what_is_granted_are_both_told(office, till):
    member = till.member()
    event = till.accrual(member, 2_000, forecast=999)

    result = till.result(till.push(), event)

    assert (result.status, result.facts) == ("accepted", {"points": 20, "forecast": 999})
    assert account(office, member).points == 70


def test_a_tier_that_the_member_does_not_hold_earns_nothing_more(office, till):
    member = till.member()
    event = till.accrual(member, 10_000, tier="gold", forecast=150)

    answer = till.push()

    assert till.result(answer, event).facts == {"points": 100, "forecast": 150}


def test_a_tier_reached_holds_from_the_next_visit_on(office, till):
    member = till.member()
    till.accrual(member, 49_000)
    till.accrual(member, 49_000)
    till.accrual(member, 2_000)
    till.push()
    till.accrual(member, 10_000, tier="gold", forecast=150)

    assert till.push().results == ()


def test_a_tier_lost_while_the_till_was_away_still_counts(office, till):
    other = enrolled_till(office, seed=2)
    member = till.member()
    purchases = [till.accrual(member, 49_000) for _ in range(3)]
    till.push()
    other.at += DAY
    other.push()  # the other till hears of the tier, then goes silent
    till.at += 2 * DAY
    till.void(purchases[0].id)
    till.push()
    other.at += 3 * DAY
    other.accrual(member, 10_000, tier="gold", forecast=150)

    answer = other.push()

    assert answer.results == ()


def test_a_shop_keeps_a_word_that_newer_rules_would_break(office, till):
    member = till.member()
    _publish_lower_rate(office, valid_from=NOON + HOUR)
    till.at = NOON + 2 * HOUR
    event = till.accrual(member, 10_000, forecast=100)

    answer = till.push()

    assert till.result(answer, event) is None
    assert account(office, member).points == 50 + 100


def test_a_till_that_knew_the_newer_rules_is_held_to_them(office, till):
    member = till.member()
    _publish_lower_rate(office, valid_from=NOON + HOUR)
    till.at = NOON + MINUTE
    till.pull()
    till.at = NOON + 2 * HOUR
    event = till.accrual(member, 10_000, forecast=100)

    answer = till.push()

    assert till.result(answer, event).facts == {"points": 50, "forecast": 100}


def test_a_late_event_is_priced_by_the_rules_of_its_day(office, till):
    member = till.member()
    till.at = NOON + MINUTE
    till.accrual(member, 10_000)
    _publish_lower_rate(office, valid_from=NOON + HOUR)
    till.at = NOON + 5 * DAY

    assert till.push().results == ()
    assert account(office, member).points == 50 + 100


def _publish_lower_rate(office, *, valid_from):
    with office.database.write() as connection:
        paper = programme(2, valid_from=valid_from, earning=Earning(rate="0.5", welcome_points=50))
        publish(connection, office.keys, paper, now=NOON)


def test_amounts_that_need_a_manager_wait(office, till):
    member = till.member()
    till.accrual(member, 60_000)
    till.push()

    assert (account(office, member).points, account(office, member).pending) == (50, 600)


def test_three_visits_in_a_week_earn_the_mission_once(office, till):
    member = till.member()
    for hours in range(4):
        till.at = NOON + hours * HOUR
        till.accrual(member, 1_000)
    till.push()

    assert entries(office, member).count(("bonus", 100)) == 1
    assert account(office, member).points == 50 + 40 + 100


def test_two_purchases_of_one_visit_are_one_visit(office, till):
    member = till.member()
    first = till.accrual(member, 1_000)
    till.push()
    till.accrual(member, 1_000, visit=first.id)
    till.push()

    (row,) = till.pull().members
    assert (row.visits, row.earned) == (1, 20)


def test_an_event_from_the_future_happened_now(office, till):
    member = till.member()
    till.accrual(member, 1_000, at=NOON + 40 * DAY)
    till.push()

    (row,) = till.pull().members
    assert row.last_visit == NOON


def test_the_clock_of_a_till_is_put_right_by_what_it_measured(office, till):
    member = till.member()
    till.accrual(member, 1_000, at=NOON - 3 * DAY, offset_ms=3 * DAY - HOUR)
    till.push()

    (row,) = till.pull().members
    assert row.last_visit == NOON - HOUR


def test_rules_that_nobody_published_are_priced_as_todays(office, till):
    member = till.member()
    till.accrual(member, 1_000, rules="0" * 16)

    assert till.push().results == ()


def test_a_terminal_that_nobody_gave_a_programme_is_told_so(site):
    office = open_office(site)
    with office.database.read() as connection, pytest.raises(Refused) as refused:
        rulebook(connection).in_force(NOON)
    office.database.close()

    assert refused.value.reason is Reason.RULES_UNKNOWN


def test_every_event_is_stored_as_the_bytes_that_came(office, till):
    member = till.member()
    till.accrual(member, 1_234)
    till.push()

    assert [row.body for row in stored_events(office)] == till.bodies
    assert isinstance(wire.decode(stored_events(office)[1].body), AccrualEvent)


@pytest.mark.parametrize("reason", ["x" * 500, "zero \0 byte"])
def test_words_that_no_column_holds_block_nothing(office, till, reason):
    member = till.member()
    visit = till.accrual(member, 1_000)
    till.void(visit.id, reason=reason)
    till.accrual(member, 2_000)

    assert till.push().last_seq == till.seq
    assert account(office, member).points in (50 + 20, 50 + 10 + 20)


def test_a_kind_that_no_column_holds_is_kept_and_blocks_nothing(office, till):
    member = till.member()
    till.append(b'{"kind":"a\\u0000b","seq":2,"id":"%s"}' % (b"ab" * 16))
    till.accrual(member, 2_000)

    (result,) = till.push().results

    assert (result.seq, result.status) == (2, "needs_review")
    assert account(office, member).points == 70
