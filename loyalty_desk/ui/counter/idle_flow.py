"""The idle desk: search, last visits, undo, a receipt that waits for its member. Qt-free."""

from collections.abc import Callable
from dataclasses import replace

from loyalty_desk.desk import identify, receipts, shift, undo
from loyalty_desk.desk.identify import Found
from loyalty_desk.desk.shift import RecentVisit, ShiftReport
from loyalty_desk.desk.sync_status import SyncStatus
from loyalty_desk.desk.visit import ReceiptRead
from loyalty_desk.ui.counter.floor import Floor, refusal
from loyalty_desk.ui.identify.presenter import IdleView
from loyalty_desk.ui.texts import refusal_text
from sync import i18n
from sync.i18n import _
from sync.programme.refusals import Refused

LETTERS_MIN, DIGITS_MIN = 2, 8
RECEIPT_WAITS_MS = 120_000

News = tuple[tuple[RecentVisit, ...], ShiftReport | None]


class IdleFlow:
    """What the desk shows while nobody is open.

    The last visit is undone from here whoever is open: `undone` and `refused` are told, so that it
    is said where the cashier looks.
    """

    def __init__(
        self,
        floor: Floor,
        *,
        undone: Callable[[], None],
        refused: Callable[[Refused], None],
    ) -> None:
        self._floor = floor
        self._undone = undone
        self._refused = refused
        self._asked = 0
        self._searching = False
        self._receipt: tuple[ReceiptRead, int] | None = None
        self.view = IdleView()

    def reading(self) -> Callable[[], News]:
        """Return what reads the last visits and the shift, for the store's worker."""
        counter, seconds = self._floor.counter, self._floor.undo_seconds
        staff = self._floor.session.staff if self._floor.session is not None else 0
        return lambda: (
            shift.recent(counter, window_seconds=seconds),
            shift.report(counter, staff=staff),
        )

    def hear(self, news: News, status: SyncStatus) -> None:
        """Show what was read from the next drawing on."""
        recent, report = news
        self.view = replace(self.view, recent=recent, shift=report, status=status)

    def tick(self) -> None:
        """A second has passed: undo seconds go down, a waiting receipt may lapse."""
        counter, seconds = self._floor.counter, self._floor.undo_seconds
        recent = tuple(
            replace(r, undo_seconds=undo.seconds_left(counter, r.visit, window_seconds=seconds))
            if r.undo_seconds
            else r
            for r in self.view.recent
        )
        self.view = replace(self.view, recent=recent)
        if self._receipt is not None and self._receipt[1] < counter.clock.mono():
            self._receipt = None
            self.view = replace(self.view, waiting_receipt="")

    def query(self, text: str) -> None:
        """Search for what is typed; the newest question's answer is shown."""
        self.view = replace(self.view, query=text, problem="")
        self._asked += 1
        if _is_worth_a_search(text):
            self._search()
        else:
            self.view = replace(self.view, found=None)
            self._floor.redraw()

    def fill(self, text: str) -> None:
        """Put words into the search field and look for them."""
        self.view = replace(self.view, query_at=self.view.query_at + 1)
        self.query(text)

    def first(self) -> int:
        """Return the first member found, 0 when there is none."""
        found = self.view.found
        return found.known[0].row.id if found is not None and found.known else 0

    def clear(self) -> None:
        """Empty the search field; what was said goes with it."""
        at = self.view.query_at + 1
        self.view = replace(self.view, query="", query_at=at, found=None, problem="")
        self._asked += 1  # after the words: the worker reads them the other way round

    def wait(self, read: ReceiptRead) -> None:
        """Keep a receipt that was scanned before its member, for two minutes."""
        until = self._floor.counter.clock.mono() + RECEIPT_WAITS_MS
        self._receipt = (read, until)
        number = _("Receipt {number}").format(number=receipts.number_of(read.key))
        amount = _("Receipt of {amount}").format(amount=i18n.money(read.total_centavos))
        words = amount if read.total_centavos else number
        self.view = replace(self.view, waiting_receipt=words, problem="")
        self._floor.redraw()

    def take_receipt(self) -> ReceiptRead | None:
        """Return the receipt that waits, once."""
        held, self._receipt = self._receipt, None
        self.view = replace(self.view, waiting_receipt="")
        if held is None or held[1] < self._floor.counter.clock.mono():
            return None
        return held[0]

    def say(self, words: str, *, bad: bool = False) -> None:
        """Show a word on the idle desk."""
        self.view = replace(self.view, problem=words, problem_is_bad=bad)
        self._floor.redraw()

    def refused(self, problem: Refused) -> None:
        """Show why something could not be done."""
        self.say(refusal_text(problem), bad=True)

    def undo(self) -> None:
        """Take the last visit back, once."""
        counter, staff = self._floor.counter, self._floor.staff()
        seconds = self._floor.undo_seconds
        self._floor.store.run(
            lambda: undo.undo_last(counter, staff=staff, window_seconds=seconds),
            lambda _visit: self._undone(),
            self._failed,
        )

    def _search(self) -> None:
        """Ask the store's worker for what is typed by the time it gets there, once at a time.

        A reader writes two hundred digits into the field; only what stands there last is looked
        for.
        """
        if self._searching:
            return
        self._searching = True
        counter = self._floor.counter

        def work() -> tuple[int, Found | None]:
            asked, text = self._asked, self.view.query
            return asked, identify.search(counter, text) if _is_worth_a_search(text) else None

        self._floor.store.run(work, lambda answer: self._searched(*answer), self._not_searched)

    def _searched(self, asked: int, found: Found | None) -> None:
        self._searching = False
        if asked == self._asked:
            self.view = replace(self.view, found=found)
            self._floor.redraw()
        elif _is_worth_a_search(self.view.query):
            self._search()

    def _not_searched(self, error: BaseException) -> None:
        self._searching = False
        self._failed(error)

    def _failed(self, error: BaseException) -> None:
        self._refused(refusal(error))


def _is_worth_a_search(text: str) -> bool:
    """Say whether text can find anybody yet: half a number finds nobody, and would say so."""
    if any(char.isalpha() for char in text):
        return len(text.strip()) >= LETTERS_MIN
    return sum(char.isdigit() for char in text) >= DIGITS_MIN
