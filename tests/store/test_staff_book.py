"""Who may sign in, and how often a PIN may be tried."""

import pytest

from loyalty_desk.store.staff_book import ATTEMPTS_MAX
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import StaffRow
from tests.store.acts import DAY, HOUR, MINUTE, NOON, an_accrual

GOOD, BAD, NEW = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32
BIA = 41


def a_staff_row(staff=BIA, *, verifier=GOOD, status=0, badge="00000000000000b1", name="Bia"):
    return StaffRow(staff, name, "cashier", "aa" * 16, verifier.hex(), badge, status, "07:00-15:00")


@pytest.fixture
def staff(ledger):
    ledger.staff.keep_all([a_staff_row(), a_staff_row(7, name="Renato", badge="")])
    return ledger.staff


def refusal(staff, derived=BAD, *, now=NOON, person=BIA):
    with pytest.raises(Refused) as refused:
        staff.check_pin(person, derived, now=now)
    return refused.value.reason, refused.value.facts


def fail(staff, times, *, now=NOON):
    for _ in range(times):
        refusal(staff, now=now)


def test_everybody_of_the_store_is_listed_by_name(staff):
    assert [person.name for person in staff.all()] == ["Bia", "Renato"]
    assert staff.by_id(BIA).salt == bytes.fromhex("aa" * 16)
    assert staff.by_badge("00000000000000b1").id == BIA


def test_what_is_known_of_a_person_is_as_new_as_the_last_change(staff):
    assert staff.by_id(BIA).wrong == 0

    fail(staff, 2)
    assert staff.by_id(BIA).wrong == 2

    staff.unlock(BIA)
    assert staff.by_id(BIA).wrong == 0

    staff.keep_all([a_staff_row(status=1)])
    with pytest.raises(Refused) as blocked:
        staff.by_id(BIA)
    with pytest.raises(Refused) as gone:
        staff.by_id(7)
    assert (blocked.value.reason, gone.value.reason) == (
        Reason.STAFF_BLOCKED,
        Reason.STAFF_UNKNOWN,
    )


def test_the_right_pin_is_accepted(staff):
    staff.check_pin(BIA, GOOD, now=NOON)


def test_a_wrong_pin_tells_how_many_are_left(staff):
    assert [refusal(staff) for _ in range(4)] == [
        (Reason.PIN_WRONG, {"left": left}) for left in (4, 3, 2, 1)
    ]


def test_the_right_pin_gives_all_tries_back(staff):
    fail(staff, 4)

    staff.check_pin(BIA, GOOD, now=NOON)

    assert refusal(staff) == (Reason.PIN_WRONG, {"left": 4})


def test_the_waits_grow_and_then_a_manager_is_needed(staff):
    fail(staff, 4)
    now, waits = NOON, []

    for _ in range(ATTEMPTS_MAX - 4):
        reason, facts = refusal(staff, now=now)
        assert reason is Reason.PIN_LOCKED
        waits.append(facts["seconds"])
        now += facts["seconds"] * 1000

    assert waits == [60, 300, 900, 900, 900, -1]
    assert refusal(staff, GOOD, now=now + 365 * DAY) == (Reason.PIN_LOCKED, {"seconds": -1})


def test_the_right_pin_does_not_shorten_a_wait(staff):
    fail(staff, 5)

    assert refusal(staff, GOOD, now=NOON + 59_000) == (Reason.PIN_LOCKED, {"seconds": 1})
    staff.check_pin(BIA, GOOD, now=NOON + MINUTE)


def test_a_manager_or_a_new_pin_ends_a_lock(staff):
    fail(staff, 5)
    staff.unlock(BIA)
    staff.check_pin(BIA, GOOD, now=NOON)

    fail(staff, 5)
    staff.keep_all([a_staff_row(verifier=GOOD)])
    assert refusal(staff, GOOD)[0] is Reason.PIN_LOCKED
    staff.keep_all([a_staff_row(verifier=NEW)])
    staff.check_pin(BIA, NEW, now=NOON)


def test_an_attempt_counts_even_when_the_answer_is_never_given(staff, monkeypatch):
    """The plug is pulled between the count and the comparison."""
    monkeypatch.setattr("hmac.compare_digest", pull_the_plug)
    for _ in range(5):
        with pytest.raises(SystemExit):
            staff.check_pin(BIA, GOOD, now=NOON)
    monkeypatch.undo()

    assert refusal(staff, GOOD)[0] is Reason.PIN_LOCKED


def pull_the_plug(*_):
    raise SystemExit


def test_a_lock_survives_a_restart_and_a_clock_that_is_set_back(staff, ledger, open_again):
    ledger.record([an_accrual(at=NOON + HOUR)])
    fail(staff, 5, now=NOON)

    staff = open_again().ledger.staff

    assert refusal(staff, GOOD, now=NOON - DAY) == (Reason.PIN_LOCKED, {"seconds": 60})
    staff.check_pin(BIA, GOOD, now=NOON + HOUR + MINUTE)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        pytest.param([a_staff_row(status=1)], Reason.STAFF_BLOCKED, id="blocked"),
        pytest.param([a_staff_row(8)], Reason.STAFF_UNKNOWN, id="no-longer-listed"),
    ],
)
def test_who_is_blocked_or_gone_cannot_sign_in(staff, rows, reason):
    staff.keep_all(rows)

    assert refusal(staff, GOOD)[0] is reason
    with pytest.raises(Refused):
        staff.by_id(BIA)
    assert BIA not in [person.id for person in staff.all()]


def test_nobody_signs_in_with_an_empty_badge(staff):
    with pytest.raises(Refused) as refused:
        staff.by_badge("")

    assert refused.value.reason is Reason.STAFF_UNKNOWN


def test_a_verifier_is_worth_nothing_without_the_pepper(staff, ledger):
    with ledger._database.reading() as connection:
        kept = connection.execute("SELECT verifier FROM staff").fetchall()

    assert GOOD not in [row[0] for row in kept]
