"""Desk: what a cashier waits for, on the real app with real files.

From the last key of a scanned card to the finished paint of the member's card; from F10, a typed
credit and a redemption out of the till's lease, to the finished paint of the idle desk. Without a
network, so every redemption is one that the till may decide by itself.
"""

import random
import secrets

from sync.protocol.messages import LeaseRow
from tests.bench import people, programme
from tests.bench.hands import Hands, Painted
from tests.bench.job import Job
from tests.bench.table import Row, at_most
from tests.bench.timing import percentile

CARD_MS = 150.0
READY_MS = 100.0
_LEASE_POINTS = 900


def measure(job: Job) -> list[Row]:
    """Return the rows of scan to card and of F10 to ready."""
    times = 4 if job.quick else 60
    hands = Hands(job.home)
    hands.sign_in()
    numbers = random.Random(17).sample(range(job.members), times)
    _lend(hands, numbers)
    scans, acts = [], []
    for number in numbers:
        scans.append(_card_ms(hands, number))
        acts.append(_ready_ms(hands))
    hands.close()
    # The first of each builds what later ones use; a till is started once a day.
    return [
        _row("scan to painted card, p95", scans[1:], CARD_MS),
        _row("F10 to painted idle desk, p95", acts[1:], READY_MS),
    ]


def _card_ms(hands: Hands, number: int) -> float:
    painted = Painted(hands.window.pages.visit)
    now = hands.desk.ledger().server_time(hands.presenter._floor.counter.clock.now())
    began = hands.scan(programme.card_digits(people.card_of(number), now=now))
    flow = hands.presenter.visit
    hands.until(lambda: flow.view is not None and painted.at > began, "the member's card")
    assert flow.view is not None
    assert flow.view.appraisal.draft.member.member == people.member_of(number)
    return (painted.at - began) / 1e6


def _ready_ms(hands: Hands) -> float:
    """Enter an amount and a reward as a person would, then measure the conclusion."""
    flow = hands.presenter.visit
    hands.type("8640")
    hands.until(lambda: flow.draft and flow.draft.amount_centavos == 8_640, "the amount")
    flow.choose(programme.COFFEE)
    hands.until(lambda: flow.draft and flow.draft.reward == programme.COFFEE, "the reward")
    hands.rest(300)
    before = hands.desk.ledger().head().seq
    painted = Painted(hands.window.pages.identify)
    began = hands.press_f10()
    hands.until(lambda: hands.presenter.screen == "identify" and painted.at > began, "ready")
    assert hands.desk.ledger().head().seq == before + 2
    hands.rest(300)
    return (painted.at - began) / 1e6


def _lend(hands: Hands, numbers: list[int]) -> None:
    ledger = hands.desk.ledger()
    now = hands.presenter._floor.counter.now()
    stops_at = now + 3 * people.DAY_MS
    leases = [
        LeaseRow(secrets.token_hex(16), people.member_of(n), _LEASE_POINTS, 0, stops_at)
        for n in numbers
    ]
    ledger.leases.keep_all(leases, now=now, asked_at=None)


def _row(name: str, times: list[float], bound: float) -> Row:
    return at_most(Row(name=name, unit="ms", value=percentile(times, 95)), bound)
