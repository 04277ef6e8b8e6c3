"""Signing in: choose who, type the PIN or scan the badge. Qt-free."""

from collections.abc import Callable
from dataclasses import replace

from loyalty_desk.desk import session
from loyalty_desk.desk.session import Session, Staff
from loyalty_desk.ui.counter.floor import Floor, refusal
from loyalty_desk.ui.sign_in.presenter import SignInView
from sync.programme.refusals import Reason, Refused


class SignInFlow:
    """Who is at the till."""

    def __init__(self, floor: Floor, *, entered: Callable[[Session], None]) -> None:
        self._floor = floor
        self._entered = entered
        self.view = SignInView()

    def refresh(self) -> None:
        """Read who may sign in here."""
        counter = self._floor.counter
        self._floor.store.run(lambda: session.people(counter), self._heard, self._failed)

    def choose(self, staff: str) -> None:
        """Choose a person; the PIN starts anew. Not while a PIN is being checked."""
        if self.view.busy:
            return
        self.view = replace(self.view, chosen=int(staff), problem=None, said="")
        self._again()

    def pin(self, digits: str) -> None:
        """Try a PIN for the chosen person."""
        chosen, counter = self.view.chosen, self._floor.counter
        if not chosen or not digits or self.view.busy:
            return
        self.view = replace(self.view, busy=True)
        self._floor.redraw()
        self._floor.store.run(
            lambda: session.by_pin(counter, chosen, digits), self._done, self._failed
        )

    def badge(self, digits: str) -> None:
        """Sign in the owner of a scanned badge."""
        counter = self._floor.counter
        self._floor.store.run(lambda: session.by_badge(counter, digits), self._done, self._failed)

    def forgot(self) -> None:
        """A forgotten PIN is set anew by a manager, never told."""
        self.view = replace(self.view, problem=Refused(Reason.PIN_FORGOTTEN))
        self._again()

    def locked(self) -> None:
        """The till was locked: whoever comes now begins anew."""
        self.view = replace(self.view, problem=None, said="", busy=False, searching=False, query="")
        self._again()
        self.refresh()

    def hold(self, names: tuple[str, ...]) -> None:
        """Show whose visits wait for the next person."""
        self.view = replace(self.view, parked=names)

    def relieved(self, who: Session) -> None:
        """Somebody took over with a badge, without locking the till."""
        self.view = replace(self.view, present=who.staff)

    def say(self, words: str) -> None:
        """Show a quiet word."""
        self.view = replace(self.view, said=words, problem=None)
        self._floor.redraw()

    def search(self, query: str | None) -> None:
        """Look for somebody off shift by name; None leaves the search."""
        self.view = replace(self.view, searching=query is not None, query=query or "")
        self._floor.redraw()

    def refused(self, problem: Refused) -> None:
        """Show why somebody could not sign in."""
        self.view = replace(self.view, problem=problem, said="", busy=False)
        self._again()

    def _again(self) -> None:
        self.view = replace(self.view, attempt=self.view.attempt + 1)
        self._floor.redraw()

    def _heard(self, staff: tuple[Staff, ...]) -> None:
        known = {one.id for one in staff}
        chosen = self.view.chosen if self.view.chosen in known else 0
        self.view = replace(self.view, staff=staff, chosen=chosen)
        self._floor.redraw()

    def _done(self, who: Session) -> None:
        self.view = replace(
            self.view,
            busy=False,
            problem=None,
            said="",
            present=who.staff,
            searching=False,
            query="",
        )
        self._again()
        self._entered(who)

    def _failed(self, error: BaseException) -> None:
        """Free the keypad first, whatever it was; then say why, or let a fault surface."""
        self.view = replace(self.view, busy=False)
        self._floor.redraw()
        self.refused(refusal(error))
