"""Push: a terminal's events become entries, each exactly once.

One batch is one transaction. The server never refuses what happened at a counter: an event that it
cannot follow is stored as it came and shown to a person, and the next one goes on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.exc import DataError, IntegrityError

from sync.programme.members import bucket_of
from sync.programme.refusals import Reason, Refused
from sync.protocol import signing
from sync.protocol.events import AccrualEvent, EnrolmentEvent, RedemptionEvent, VoidEvent
from sync.protocol.messages import PushAnswer, Result
from sync.server.office.accruals import post_accrual
from sync.server.office.arrivals import Arrival, Checked, arrived, checked, sealed_in
from sync.server.office.audit import note
from sync.server.office.book import Book
from sync.server.office.documents import local, rulebook
from sync.server.office.enrolments import post_enrolment
from sync.server.office.feed import raise_lists
from sync.server.office.head_office import HeadOffice
from sync.server.office.holds import hold_members, lives_of
from sync.server.office.journals import (
    Journal,
    Place,
    advance,
    is_here,
    journal_of,
    mark_forked,
    place_of,
)
from sync.server.office.lives import settle_ends
from sync.server.office.orphans import Orphans, note_orphan, posting_of
from sync.server.office.persons import make_keys
from sync.server.office.posting import (
    Item,
    Knowledge,
    Outcome,
    Posting,
    review,
    zone_of,
)
from sync.server.office.receipts import Claims
from sync.server.office.redemptions import HeldLeases, post_redemption
from sync.server.office.renumbering import Renumbered
from sync.server.office.stock import hold_stock
from sync.server.office.takings import Takings
from sync.server.office.terminals import Caller, hear_now_and_then
from sync.server.office.voids import post_void
from sync.server.store.database import repeated
from sync.server.store.dialect import Among, Row, ahead, insert_rows, put_rows
from sync.server.store.tables import cards, events, repeats

# Of so many events the first half is written while the second is priced.
_MANY = 50

# What a fault of ours, or an event that nobody thought of, looks like. A database that is locked or
# gone is none of them: then the whole batch comes again.
_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    DataError,
    IntegrityError,
    LookupError,
    Refused,
    TypeError,
    ValueError,
)

_EVENTS = Among(
    (events.c.event_id,),
    lambda are_named: select(events.c.event_id, events.c.member_id).where(are_named),
)
_CARDS = Among(
    (cards.c.card_id,),
    lambda are_named: select(cards.c.card_id, cards.c.member_id).where(are_named),
)


@repeated
def record_push(office: HeadOffice, caller: Caller, body: bytes, *, now: int) -> PushAnswer:
    """Record a batch of events and acknowledge everything up to its end.

    Raises Refused: BATCH_UNREADABLE, BATCH_TOO_LARGE, CHAIN_BROKEN, SIGNATURE_INVALID, CHAIN_GAP
    (fact `expected`), and CHAIN_FORKED (facts `last_seq` of the chain, `until` of the batch) once
    the events are recorded beside the chain.
    """
    sent = checked(body, caller)
    if caller.last_seq >= sent.last_seq and not caller.forked:
        answer = _answered_again(office, caller, sent, now=now)
        if answer is not None:
            return answer
    arrival = arrived(sent, now=now)
    newcomers = [i.event.member for i in arrival.items if isinstance(i.event, EnrolmentEvent)]
    keys = make_keys(office, newcomers)
    with office.database.write_together(holding=lives_of(caller.terminal)) as connection:
        journal = journal_of(connection, caller)
        place = _place(connection, caller, journal, arrival)
        new = arrival.items[place.known :]
        outcomes = _post(office, connection, caller, arrival, new, journal, place, keys, now)
        if place.branch:
            _report_fork(office, connection, caller, arrival, now)
        elif new:
            journal = replace(journal, last_seq=new[-1].seq, head=new[-1].hash)
        with ahead(connection):  # it travels with the commit
            advance(connection, caller, journal, now=now)
        if place.branch or caller.forked:
            settle_ends(connection, caller, store=caller.store)
        answer = _acknowledged(office, caller, journal, now)
    if place.branch:
        raise Refused(Reason.CHAIN_FORKED, last_seq=journal.last_seq, until=arrival.items[-1].seq)
    return msgspec.structs.replace(answer, results=_results(new, outcomes))


def _answered_again(
    office: HeadOffice, caller: Caller, sent: Checked, *, now: int
) -> PushAnswer | None:
    """Answer a batch that is here already, without reading an event of it; else return None."""
    with office.database.read() as connection:
        journal = journal_of(connection, caller)
        if not is_here(connection, caller, journal, sent):
            return None
    answer = _acknowledged(office, caller, journal, now)
    hear_now_and_then(office, caller, now=now)
    return answer


def _place(connection: Connection, caller: Caller, journal: Journal, arrival: Arrival) -> Place:
    if not arrival.items:
        return Place(known=0)
    return place_of(connection, caller, journal, arrival.batch, arrival.hashes)


def _post(
    office: HeadOffice,
    connection: Connection,
    caller: Caller,
    arrival: Arrival,
    items: Sequence[Item],
    journal: Journal,
    place: Place,
    keys: dict[int, bytes],
    now: int,
) -> list[Outcome]:
    """Let events take effect: all at once, or one by one when one of them cannot be followed."""
    if not items:
        return []
    shift = _Shift(office, connection, caller, arrival, journal, place, keys, now)
    try:
        with connection.begin_nested():
            return shift.post(items)
    except _FAULTS:
        shift.hold(items)  # again, and all at once: what was held is free with what failed
        return [_post_alone(shift, item) for item in items]


def _post_alone(shift: "_Shift", item: Item) -> Outcome:
    try:
        with shift.connection.begin_nested():
            return shift.post([item])[0]
    except _FAULTS:
        with shift.connection.begin_nested():
            return shift.shelve(item)


class _Shift:
    """What stays the same while a batch is posted, however often it is tried."""

    def __init__(
        self,
        office: HeadOffice,
        connection: Connection,
        caller: Caller,
        arrival: Arrival,
        journal: Journal,
        place: Place,
        keys: dict[int, bytes],
        now: int,
    ) -> None:
        self.connection = connection
        self._office = office
        self._caller = caller
        self._place = place
        self._keys = keys
        self._now = now
        self._sealed = sealed_in(arrival)
        self._rulebook = rulebook(connection)
        self._document = self._rulebook.in_force(now)
        self._zone = zone_of(self._document, caller.store)
        self._knew = Knowledge(connection, caller)
        self._journal = journal

    def post(self, items: Sequence[Item]) -> list[Outcome]:
        """Post events in order, write what changed, and raise the feed."""
        enrolled = [i.event.member for i in items if isinstance(i.event, EnrolmentEvent)]
        waiting = Orphans(self.connection, enrolled)
        posting = self._posting(items, waiting)
        effects = _Effects(posting, items)
        known = _known(self.connection, items)
        middle = _middle(items)
        outcomes = []
        for item in items:
            if item.id in known:
                outcomes.append(self._repeat(item))
                continue
            known.add(item.id)
            outcome = effects.of(item)
            note_orphan(posting, item, outcome)
            posting.book.add(events, self._row(item, outcome))
            outcomes.append(outcome)
            if len(outcomes) == middle:
                posting.book.write_ahead(_named(items[middle:]))
        _take_up(posting, waiting)
        posting.book.write()
        raise_lists(self.connection, posting.lists)
        posting.book.close(store=self._caller.store, divided=self._journal.divided)
        return outcomes

    def hold(self, items: Sequence[Item]) -> None:
        """Hold every member whose account the events may change."""
        hold_members(self.connection, _concerned(self.connection, items))

    def shelve(self, item: Item) -> Outcome:
        """Store an event as it came, without effect, for a person to see."""
        outcome = review(Reason.SERVER_FAULT)
        insert_rows(self.connection, events, [self._row(item, outcome)])
        return outcome

    def _posting(self, items: Sequence[Item], waiting: Orphans) -> Posting:
        days = [local(item.effective, self._zone).date() for item in items]
        return Posting(
            office=self._office,
            connection=self.connection,
            book=Book(self.connection, waiting.span(days, self._zone)),
            caller=self._caller,
            rulebook=self._rulebook,
            document=self._document,
            zone=self._zone,
            now=self._now,
            knew=self._knew,
            silent_since=self._journal.past.silent_since,
            person_keys=self._keys,
            sealed=self._sealed,
            renumbered=Renumbered(self.connection, self._caller, self._place.branch),
            gaps=self._journal.past.gaps,
        )

    def _repeat(self, item: Item) -> Outcome:
        """An event that is here already, under this or another place in a chain."""
        row = {**self._where(item), "received_at": self._now}
        put_rows(self.connection, repeats, [row])
        return Outcome(status="duplicate")

    def _where(self, item: Item) -> Row:
        return {
            "event_id": item.id,
            "terminal_id": self._caller.terminal,
            "incarnation": self._caller.incarnation,
            "branch": self._place.branch,
            "seq": item.seq,
            "body": item.body,
            "hash": item.hash,
        }

    def _row(self, item: Item, outcome: Outcome) -> Row:
        return {
            **self._where(item),
            "kind": item.kind,
            "visit_id": item.visit,
            "bucket": bucket_of(outcome.member),
            "member_id": outcome.member,
            "received_at": self._now,
            "effective_at": item.effective,
            "status": outcome.status,
            "code": outcome.code,
            "facts": msgspec.json.encode(outcome.facts).decode() if outcome.facts else "",
            "voided_by": None,
        }


def _take_up(posting: Posting, waiting: Orphans) -> None:
    """Let events take effect that came before the members of this batch."""
    for life, late in waiting.by_life().items():
        effects = _Effects(posting_of(posting, life), late)
        for item in late:
            waiting.taken_up(item, effects.of(item))


class _Effects:
    """What each kind of event does, with what all of them need read in one go."""

    def __init__(self, posting: Posting, items: Sequence[Item]) -> None:
        said = [posting.here(item.event) for item in items]
        accruals = [event for event in said if isinstance(event, AccrualEvent)]
        redemptions = [event for event in said if isinstance(event, RedemptionEvent)]
        self._posting = posting
        self._cards = _cards(posting.connection, (event.card for event in accruals))
        posting.book.read(_concerned(posting.connection, items) | set(self._cards.values()))
        hold_stock(posting.connection, posting.caller.store, (r.reward for r in redemptions))
        self._claims = Claims(posting.connection, (event.receipt for event in accruals))
        self._leases = HeldLeases(posting.connection, redemptions)
        self._taken = Takings(posting.connection, (event.member for event in redemptions))

    def of(self, item: Item) -> Outcome:
        """Let one event take effect."""
        posting = self._posting
        event = posting.here(item.event)
        if isinstance(event, AccrualEvent):
            member = event.member or self._cards.get(event.card, 0)
            return post_accrual(posting, self._claims, item, event, member)
        if isinstance(event, RedemptionEvent):
            return post_redemption(posting, self._leases, self._taken, item, event)
        if isinstance(event, EnrolmentEvent):
            outcome = post_enrolment(posting, item, event)
            if event.card:
                self._cards[event.card] = outcome.member
            return outcome
        if isinstance(event, VoidEvent):
            return post_void(posting, self._claims, self._taken, item, event)
        return review(item.fault or Reason.EVENT_INVALID)


def _concerned(connection: Connection, items: Sequence[Item]) -> set[int]:
    """The members that events speak of, those of the visits that they take back among them."""
    said = [item.event for item in items if item.event]
    voids = sorted({(bytes.fromhex(e.target),) for e in said if isinstance(e, VoidEvent)})
    members = {event.member for event in said if not isinstance(event, VoidEvent)}
    if voids:
        members.update(row.member_id for row in _EVENTS.rows(connection, voids))
    return members - {0}


def _middle(items: Sequence[Item]) -> int:
    """After how many events accounts are written ahead; 0: not at all, for few take no time."""
    return len(items) // 2 if len(items) >= _MANY else 0


def _named(items: Iterable[Item]) -> set[int]:
    """Return the members whom events name themselves."""
    return {getattr(item.event, "member", 0) for item in items}


def _known(connection: Connection, items: Sequence[Item]) -> set[bytes]:
    keys = [(item.id,) for item in items]
    return {row.event_id for row in _EVENTS.rows(connection, keys)}


def _cards(connection: Connection, named: Iterable[str]) -> dict[str, int]:
    keys = sorted({(bytes.fromhex(card),) for card in named if card})
    if not keys:
        return {}
    return {row.card_id.hex(): row.member_id for row in _CARDS.rows(connection, keys)}


def _report_fork(
    office: HeadOffice, connection: Connection, caller: Caller, arrival: Arrival, now: int
) -> None:
    if not mark_forked(connection, caller):
        return
    note(
        office,
        connection,
        at=now,
        actor=f"terminal:{caller.terminal}",
        act="journal_forked",
        subject=f"incarnation:{caller.incarnation}",
        facts={"from_seq": arrival.batch.from_seq, "events": len(arrival.items)},
    )


def _acknowledged(office: HeadOffice, caller: Caller, journal: Journal, now: int) -> PushAnswer:
    part = signing.ack_part(
        terminal=caller.terminal,
        incarnation=caller.incarnation,
        epoch=journal.epoch,
        seq=journal.last_seq,
        head=journal.head,
    )
    return PushAnswer(
        epoch=journal.epoch,
        last_seq=journal.last_seq,
        head=journal.head.hex(),
        signature=signing.sign_ack(office.keys.config, part),
        now=now,
    )


def _results(items: Sequence[Item], outcomes: Sequence[Outcome]) -> tuple[Result, ...]:
    return tuple(
        Result(seq=item.seq, status=outcome.status, code=outcome.code, facts=outcome.facts)
        for item, outcome in zip(items, outcomes, strict=True)
        if outcome.status != "accepted" or outcome.facts
    )
