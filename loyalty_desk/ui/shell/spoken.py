"""What a screen reader is told: the outcome of an act, and why something could not be done.

Guarantees that each is told once, however often its screen is drawn. Qt-free.
"""

from dataclasses import dataclass

from loyalty_desk.ui.enrol.state import EnrolState
from loyalty_desk.ui.identify.state import IdentifyState, Visit
from loyalty_desk.ui.redeem.state import ConfirmState
from loyalty_desk.ui.sign_in.state import SignInState
from loyalty_desk.ui.visit.state import VisitState
from sync.i18n import _


@dataclass(frozen=True, slots=True)
class Said:
    """Words to be read aloud: at once where `urgent`, else when the reader is silent next."""

    words: str
    urgent: bool = False


class Spoken:
    """Follows the screens. Ask once for each that is drawn."""

    def __init__(self) -> None:
        self._refused: object = ""
        self._newest: Visit | None = None
        self._follows = False
        self._open = ("", "")

    def of(self, page: object) -> Said | None:
        """Return what is new on a screen; None where nothing is to be said."""
        words = _refusal(page)
        # A lock counts its seconds down in words: one attempt is one refusal.
        refused = (page.pin.attempt, bool(words)) if isinstance(page, SignInState) else words
        is_new, self._refused = refused != self._refused, refused
        if isinstance(page, VisitState):
            self._open = page.member.name, _balance(page)
        outcome = self._outcome(page) if isinstance(page, IdentifyState) else ""
        if is_new and words:
            return Said(words, urgent=True)
        return Said(outcome) if outcome else None

    def _outcome(self, page: IdentifyState) -> str:
        """A visit was concluded, or the last one was undone."""
        before, self._newest = self._newest, page.recent[0] if page.recent else None
        follows, self._follows = self._follows, True
        now = self._newest
        if now is None or not follows:
            return ""
        if before is not None and now.visit == before.visit:
            changed = now.effect != before.effect and before.undo
            return _sentence(f"{now.name}: {now.effect_said}") if changed else ""
        if not now.undo:
            return ""
        name, balance = self._open
        rest = _sentence(f" {_('New balance')} {balance}") if name == now.name else ""
        return _sentence(f"{now.name}: {now.effect_said}") + rest


def _sentence(words: str) -> str:
    return words if words.endswith(".") else f"{words}."


def _balance(page: VisitState) -> str:
    return page.panel.remains if isinstance(page.panel, ConfirmState) else page.summary.new_balance


def _refusal(page: object) -> str:
    """Return why the last act was refused, "" for nothing."""
    if isinstance(page, SignInState):
        return page.pin.problem
    if isinstance(page, EnrolState):
        return page.problem
    if isinstance(page, IdentifyState):
        notice = page.notice
        return notice.title if notice is not None and notice.tone == "bad" else ""
    return _refusal_of_visit(page) if isinstance(page, VisitState) else ""


def _refusal_of_visit(page: VisitState) -> str:
    confirms = page.panel if isinstance(page.panel, ConfirmState) else None
    ask = confirms.ask if confirms is not None else page.summary.ask
    proof = confirms.proof if confirms is not None else page.summary.proof
    notice = page.amount.notice
    if ask is not None and ask.error:
        return ask.error
    if notice is not None and notice.tone != "plain":
        return notice.text
    if proof is not None and proof.tone in ("warn", "bad"):
        return " ".join(_sentence(part) for part in (proof.title, proof.note) if part)
    return ""
