"""The counter without Qt: a real till, a real presenter, workers that a test drives itself."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from loyalty_desk.ui.counter.floor import Floor
from loyalty_desk.ui.counter.lookout import LineNews
from loyalty_desk.ui.counter.presenter import CounterPresenter
from loyalty_desk.ui.redeem.state import ConfirmState
from loyalty_desk.ui.screen import Screen
from sync.programme.refusals import Refused
from tests.desk import club
from tests.desk.club import Till

_THREAD = ThreadPoolExecutor(max_workers=1)


class Worker:
    """Runs at once what it is given; while `held`, only when a test says so, in order."""

    def __init__(self) -> None:
        self.held = False
        self._waiting = deque()

    def run(self, work, done, failed) -> None:
        if self.held:
            self._waiting.append((work, done, failed))
        else:
            self._do(work, done, failed)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def step(self) -> None:
        """Do the oldest piece of work and hear its answer."""
        self._do(*self._waiting.popleft())

    def late(self):
        """Do the oldest piece of work; its answer is heard when what is returned is called."""
        work, done, _failed = self._waiting.popleft()
        answer = _THREAD.submit(work).result()
        return lambda: done(answer)

    def lose(self, error: BaseException) -> None:
        """The oldest piece of work fails, as on a damaged disk."""
        _work, _done, failed = self._waiting.popleft()
        failed(error)

    def go_on(self) -> None:
        """Do everything that waits, and what comes of it; hold nothing any more."""
        self.held = False
        while self._waiting:
            self.step()

    @staticmethod
    def _do(work, done, failed) -> None:
        """Work on a thread of its own, as the app does, and hear the answer on this one."""
        answered = _THREAD.submit(work)
        error = answered.exception()
        if error is not None:
            failed(error)
        else:
            done(answered.result())


class Lender:
    """The server's side of lending: gives what is asked, or fails as it is told to."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self.fault: BaseException | None = None
        self.asked: list[tuple[int, int]] = []

    def __call__(self, member: int, points: int) -> None:
        self.asked.append((member, points))
        if self.fault is not None:
            raise self.fault
        self._till.lend(member, points)


@dataclass
class CounterDesk:
    """What a test sees and does."""

    till: Till
    store: Worker = field(default_factory=Worker)
    asking: Worker = field(default_factory=Worker)
    screens: list[Screen] = field(default_factory=list)
    rounds: int = 0

    def __post_init__(self) -> None:
        self.lender = Lender(self.till)
        self.floor = Floor(
            counter=self.till.counter,
            store=self.store,
            asking=self.asking,
            lend=self.lender,
            undo_seconds=15,
        )
        self.presenter = CounterPresenter(
            self.floor, show=self.screens.append, sync_now=self._sync_now
        )
        self.presenter.start()

    def _sync_now(self) -> None:
        self.rounds += 1

    # What stands on the screen

    @property
    def name(self) -> str:
        """Which screen stands."""
        return self.screens[-1].name

    @property
    def page(self):
        return self.screens[-1].page

    @property
    def shell(self):
        return self.screens[-1].shell

    @property
    def home(self) -> int:
        return self.screens[-1].home

    @property
    def notice(self) -> str:
        """What is said on the idle desk."""
        return self.page.notice.title if self.page.notice else ""

    @property
    def said(self) -> str:
        """What is said to the cashier beside the amount, or in the confirmation."""
        if isinstance(self.page.panel, ConfirmState):
            return self.page.panel.proof.note if self.page.panel.proof else ""
        return self.page.amount.notice.text if self.page.amount.notice else ""

    @property
    def chips(self) -> list[str]:
        return [one.text for one in self.shell.parked]

    @property
    def draft(self):
        return self.presenter.visit.draft

    @property
    def view(self):
        return self.presenter.visit.view

    # What a cashier does

    def sign_in(self, staff: int = club.JOANA) -> None:
        self.presenter.scanned(club.badge_code(staff))
        assert self.presenter.screen != "sign_in"

    def scan(self, code: str) -> None:
        self.presenter.scanned(code)

    def open(self, member: int = club.MARINA) -> None:
        self.presenter.scanned(club.card_code(member))
        assert self.name == "visit"

    def type_amount(self, centavos: int) -> None:
        self.presenter.visit.amount(centavos)

    def press(self, key: int) -> None:
        self.presenter.key(key)

    def escape(self) -> None:
        self.presenter.escape()

    def line(self, connected: bool, **facts) -> None:
        self.presenter.lookout.news(LineNews(connected=connected, **facts))

    def fill_form(self, **facts: str) -> None:
        values = {"phone": "11 97777-6666", "name": "Íris Faria"} | facts
        for name, text in values.items():
            self.presenter.enrol.typed(name, text)
        self.presenter.enrol.consent("rules")


def refused_for(desk: CounterDesk) -> Refused | None:
    """The refusal that an open member's screen shows."""
    return desk.view.problem
