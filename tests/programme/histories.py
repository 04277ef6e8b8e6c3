"""Histories of one member, as a server would post them: for tests that hold for every history.

A `Member` does what the office does, with the rules under test: earns, spends within what is free,
takes purchases and redemptions back, and lets lots lapse at the end of each day. `histories` draws
such a life from Hypothesis.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from hypothesis import strategies as st

from sync.programme.expiry import expire
from sync.programme.ledger import (
    NEVER,
    Account,
    Entry,
    Kind,
    fold,
    reverse_accrual,
    reverse_redemption,
)
from tests.builders import event_id

FIRST_DAY = date(2026, 1, 1)
GRACE_DAYS = 7
MEMBER = 4_711


@dataclass
class Member:
    """A life in progress. `earned` and `redeemed` are what can still be taken back."""

    today: date = FIRST_DAY
    entries: list[Entry] = field(default_factory=list)
    earned: list[bytes] = field(default_factory=list)
    redeemed: list[Entry] = field(default_factory=list)
    serial: int = 0

    def account(self, leased: int = 0) -> Account:
        return fold(self.entries, leased=leased)

    def post(self, *entries: Entry) -> None:
        self.entries.extend(entries)

    def name(self) -> bytes:
        self.serial += 1
        return event_id(self.serial)

    def earn(self, points: int, *, days: int | None, pending: bool = False) -> bytes:
        """A purchase of so many points and a bonus beside it, good for so many days or for ever."""
        event = self.name()
        until = NEVER if days is None else (self.today + timedelta(days=days)).isoformat()
        bonus = points // 4
        self.post(
            Entry(
                event=event,
                line=0,
                kind=Kind.EARN,
                points=points - bonus,
                expires_on=until,
                pending=pending,
                qualifying=points,
            ),
            Entry(event=event, line=1, kind=Kind.BONUS, points=bonus, expires_on=until),
        )
        self.earned.append(event)
        return event

    def activate(self, event: bytes) -> None:
        self.post(Entry(event=self.name(), line=0, kind=Kind.ACTIVATE, points=0, of=event))

    def spend(self, points: int) -> None:
        """Spend so many points, or what there is."""
        points = min(points, self.account().available)
        if points:
            spent = Entry(event=self.name(), line=0, kind=Kind.SPEND, points=points)
            self.post(spent)
            self.redeemed.append(spent)

    def take_back(self, event: bytes) -> tuple[Entry, ...]:
        """Return the purchase `event`."""
        if event in self.earned:
            self.earned.remove(event)
        known = [
            entry
            for entry in self.entries
            if event in (entry.event, entry.of) or entry.kind in (Kind.EXPIRE, Kind.UNEXPIRE)
        ]
        back = reverse_accrual(self.account(), known, event=self.name(), today=self.today)
        self.post(*back)
        return back

    def give_back(self, spent: Entry) -> tuple[Entry, ...]:
        """Reverse the redemption `spent`."""
        self.redeemed.remove(spent)
        back = reverse_redemption(
            self.account(), spent, event=self.name(), today=self.today, grace_days=GRACE_DAYS
        )
        self.post(*back)
        return back

    def sleep(self, days: int) -> None:
        """Let so many days end, each with its run of the job."""
        for _ in range(days):
            lapsed = expire(self.account(), MEMBER, self.today)
            self.post(*([lapsed] if lapsed else []))
            self.today += timedelta(days=1)


_acts = st.sampled_from(
    ["earn", "earn", "wait", "activate", "spend", "spend", "return", "reverse", "sleep", "late"]
)
_steps = st.lists(
    st.tuples(_acts, st.integers(0, 300), st.integers(0, 20)), min_size=1, max_size=12
)


def live(steps: Iterable[tuple[str, int, int]]) -> Member:
    """The life that a list of (act, amount, choice) amounts to."""
    member = Member()
    for act, amount, choice in steps:
        _step(member, act, amount, choice)
    return member


def _step(member: Member, act: str, amount: int, choice: int) -> None:
    days = None if choice == 20 else choice
    if act in ("earn", "wait"):
        member.earn(amount, days=days, pending=act == "wait")
    elif act == "late":  # an offline purchase whose points have lapsed when it arrives
        member.earn(amount, days=-1 - choice)
    elif act == "spend":
        member.spend(amount)
    elif act == "sleep":
        member.sleep(choice)
    elif act in ("activate", "return") and member.earned:
        event = member.earned[amount % len(member.earned)]
        (member.activate if act == "activate" else member.take_back)(event)
    elif act == "reverse" and member.redeemed:
        member.give_back(member.redeemed[amount % len(member.redeemed)])


histories = st.builds(live, _steps)
