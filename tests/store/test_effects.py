"""Own effects: the balance on the screen is the one that the server will have."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_desk.store import effects
from loyalty_desk.store.effects import NOTHING, Effects, holding
from loyalty_desk.store.ledger import open_ledger
from loyalty_desk.store.unsettled import OwnEvents, Unsettled
from sync.programme.ledger import Entry, Kind, fold
from sync.protocol.events import EnrolmentEvent, visit_of
from tests.store.acts import (
    CAIO,
    IDENTITY,
    MARINA,
    NOON,
    a_lease_id,
    a_lease_row,
    a_redemption,
    a_row,
    a_void,
    an_accrual,
    an_enrolment,
    seeded_bytes,
    stamped,
)

POINTS = st.integers(1, 300)
ACTS = st.one_of(
    st.tuples(st.just("accrual"), POINTS),
    st.tuples(st.just("waiting"), POINTS),
    st.tuples(st.just("redemption"), st.integers(1, 120)),
    st.tuples(st.just("both"), st.integers(1, 120)),
    st.tuples(st.just("void"), st.integers(0, 20)),
)
HISTORIES = st.lists(ACTS, max_size=14)
LEASE = a_lease_id()
LENT = 400


class Book:
    """What the server makes of the same events: entries, and points still under the lease."""

    def __init__(self, opening: int, owed: int) -> None:
        self.entries = [Entry(event=b"opening", line=0, kind=Kind.IMPORT, points=opening)]
        if owed:
            self.entries.append(Entry(event=b"owed", line=0, kind=Kind.UNEARN, points=owed))
        self.leased = LENT
        self.visits: dict[str, list[Entry]] = {}

    def post(self, act) -> None:
        event = act.event
        name = event.id.encode()
        if event.__struct_config__.tag == "void":
            for entry in self.visits[event.target]:
                kind = Kind.UNEARN if entry.kind is Kind.EARN else Kind.UNSPEND
                self._add(
                    name + entry.event,
                    kind,
                    entry.points,
                    of=entry.event,
                    pending=entry.pending,
                )
            return
        if event.__struct_config__.tag == "accrual":
            entry = self._add(name, Kind.EARN, event.forecast, pending=act.waits)
        else:
            entry = self._add(name, Kind.SPEND, event.points)
            self.leased -= event.points
        self.visits.setdefault(visit_of(event), []).append(entry)

    def row(self):
        account = fold(self.entries, leased=self.leased)
        return a_row(
            points=account.points,
            pending=account.pending,
            debt=account.debt,
            leased=account.leased,
        )

    def _add(self, name, kind, points, **more) -> Entry:
        entry = Entry(event=name, line=0, kind=kind, points=points, **more)
        self.entries.append(entry)
        return entry


def acts_of(history):
    """The acts of a history, in visits: what cannot happen at the desk is left out."""
    visits, undone, spent = [], set(), 0
    for what, number in history:
        if what == "void":
            open_visits = [v for v in visits if v[0].event.id not in undone and len(v) < 3]
            standing = [v for v in open_visits if v[0].event.__struct_config__.tag != "void"]
            if standing:
                target = standing[number % len(standing)][0].event.id
                undone.add(target)
                visits.append([a_void(target)])
            continue
        visit = []
        if what in ("accrual", "waiting", "both"):
            visit.append(an_accrual(points=number, waits=what == "waiting"))
        if what in ("redemption", "both") and spent + number <= LENT:
            spent += number
            first = {"visit": visit[0].event.id} if visit else {}
            visit.append(a_redemption(LEASE, number, **first))
        if visit:
            visits.append(visit)
    return visits


def watched(visits):
    """The effects of a history by sequence: of each event, and of what a void takes back."""
    seen, found, seq = {}, [], 0
    for visit in visits:
        for act in visit:
            seq += 1
            own = effects.of_event(act.event, waits=act.waits, explain=b"")
            seen.setdefault(visit_of(act.event), []).append((act.event, own))
            found.append((seq, own))
            if act.event.__struct_config__.tag == "void":
                found += [
                    (seq, -back)
                    for event, back in seen[act.event.target]
                    if effects.is_undone_by_void(event)
                ]
    return found


def behind(found, seq):
    return sum((one for at, one in found if at > seq), NOTHING)


@given(history=HISTORIES, opening=st.integers(LENT, 900), owed=st.integers(0, 700))
def test_a_balance_never_jumps_when_the_acknowledgement_arrives(history, opening, owed):
    visits = acts_of(history)
    found = watched(visits)
    book = Book(opening, owed)
    shown = [holding(book.row(), behind(found, 0))]

    for seq, act in enumerate((act for visit in visits for act in visit), start=1):
        book.post(act)
        shown.append(holding(book.row(), behind(found, seq)))

    assert shown == [shown[-1]] * len(shown)


@given(
    events=st.lists(st.tuples(st.integers(1, 3), st.sampled_from([MARINA, CAIO, "card"]))),
    settled=st.integers(0, 40),
)
def test_forgetting_what_is_settled_changes_nothing_behind_it(events, settled):
    kept, forgetful = OwnEvents(0), OwnEvents(0)
    seq = 0
    for step, owner in events:
        seq += step
        kept.add(seq, seq, owner)
        forgetful.add(seq, seq, owner)

    forgetful.settle(settled)

    for owner in (MARINA, CAIO, "card"):
        assert forgetful.of([owner], after=settled) == kept.of([owner], after=settled)
        if settled:
            assert forgetful.of([owner], after=settled - 1) is None


@given(points=st.integers(-500, 500), spent=st.integers(-500, 500))
def test_a_void_is_its_visit_with_the_sign_turned(points, spent):
    one = Effects(points=points, spent=spent, visits=1)
    taken_back = -one

    assert one + taken_back == NOTHING
    assert -taken_back == one


@settings(max_examples=60)
@given(history=HISTORIES, acked=st.integers(0, 20))
def test_what_is_rebuilt_from_the_journal_is_what_was_watched(tmp_path_factory, history, acked):
    path = tmp_path_factory.mktemp("rebuilt") / "ledger.db"
    ledger = open_ledger(path, bytes(32), bytes(32), random_bytes=seeded_bytes())
    ledger.enrolled(IDENTITY)
    ledger.leases.keep(a_lease_row(LEASE, LENT), now=NOON)
    for visit in acts_of(history):
        ledger.record(visit)
    ledger.record([an_enrolment()])
    acked = min(acked, ledger.head().seq - 1)

    rebuilt = Unsettled(lambda at: "")
    with ledger._database.reading() as connection:
        rebuilt.rebuild(connection, acked, IDENTITY.identifier_key)
        entries = [rebuilt.entries(one, (), after=acked) for one in (MARINA, CAIO)]
        found = [rebuilt.effects(connection, one) for one in entries]
    ledger.settle(acked)

    assert found == [ledger.effects(one, after=acked) for one in (MARINA, CAIO)]
    assert rebuilt.owners() == ledger.unsettled()
    watched, _ = ledger.among_newcomers(lambda newcomers: newcomers.by_member(CAIO))
    assert rebuilt.newcomers.by_member(CAIO) == watched
    ledger.close()


def test_a_void_by_itself_has_no_effects():
    assert effects.of_event(a_void("00" * 16).event, waits=False, explain=b"") == NOTHING


def test_what_tills_hold_is_not_available():
    assert holding(a_row(points=300, leased=120), NOTHING).available == 180


def test_a_restored_server_brings_effects_back(ledger):
    for points in (10, 20, 30):
        ledger.record([an_accrual(points=points)])
    ledger.settle(3)
    assert ledger.effects(MARINA, after=3) == NOTHING

    ledger.settle(1)

    assert ledger.effects(MARINA, after=1).points == 50


def test_effects_that_are_forgotten_are_not_answered_as_none_at_all(ledger):
    ledger.record([an_accrual()])
    ledger.settle(1)

    assert ledger.effects(MARINA, after=0) is None


def test_a_member_with_more_events_than_are_kept_in_mind_still_has_them_all(ledger):
    for _visit in range(1_001):
        ledger.record([an_accrual(points=1)])

    assert [ledger.effects(MARINA, after=0).points for _time in range(2)] == [1_001, 1_001]


def test_a_void_of_an_acknowledged_visit_takes_its_points_back(ledger, open_again):
    (visit,) = ledger.record([an_accrual(points=86)])
    ledger.settle(1)
    ledger.tidy(NOON, acked=1)
    ledger.record([a_void(visit.visit)])
    watched_effects = ledger.effects(MARINA, after=1)

    rebuilt = open_again().ledger
    rebuilt.settle(1)

    assert (watched_effects.points, watched_effects.visits) == (-86, -1)
    assert rebuilt.effects(MARINA, after=1) == watched_effects


def test_credits_to_a_card_are_found_with_the_card(ledger):
    ledger.record([an_accrual(member=0, card="00000000000000bb", points=12)])

    assert ledger.effects(CAIO, ("00000000000000bb",), after=0).points == 12
    assert ledger.effects(CAIO, after=0) == NOTHING
    assert ledger.unsettled() == (frozenset(), {"00000000000000bb"})


@pytest.mark.parametrize(
    ("waits", "points", "pending"),
    [pytest.param(False, 86, 0, id="active"), pytest.param(True, 0, 86, id="waiting")],
)
def test_points_that_wait_are_not_shown_as_active(ledger, waits, points, pending):
    ledger.record([an_accrual(points=86, waits=waits, explain=b"why")])

    own = ledger.effects(MARINA, after=0)

    assert (own.points, own.pending) == (points, pending)
    assert [(one.points, one.pending, one.explain) for one in own.credits] == [
        (86, pending, b"why")
    ]


def test_welcome_points_are_shown_at_once():
    event = EnrolmentEvent(**stamped(member=CAIO, sealed="0" * 64, forecast=50))

    assert effects.of_event(event, waits=False, explain=b"").points == 50
