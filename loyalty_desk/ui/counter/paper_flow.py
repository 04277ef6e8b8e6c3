"""Paper at the counter: a member's card, a newcomer's card, a pending voucher. Qt-free.

`save_card` and `save_slip` are given by the app; they make the files and say where they are.
"""

from collections.abc import Callable

from loyalty_desk.desk.identify import OpenMember
from loyalty_desk.ui.counter.visit_flow import VisitFlow
from sync.i18n import _


class PaperFlow:
    """Which paper is made for whom. `say` shows a quiet word where the cashier looks now."""

    def __init__(self, visit: VisitFlow, *, say: Callable[[str], None]) -> None:
        self._visit = visit
        self._say = say
        self._newcomer = 0  # whose card waits until the server knows them
        self.save_card: Callable[[int], None] = lambda _member: None
        self.save_slip: Callable[[OpenMember, int], None] = lambda _member, _reward: None

    def card(self) -> None:
        """The open member's card, as files to print or send."""
        draft = self._visit.draft
        if draft is not None and draft.member.row is not None:
            self.save_card(draft.member.member)

    def card_later(self, member: int) -> None:
        """A newcomer wants a card (0: does not): it is made once the server knows them."""
        self._newcomer = member

    def server_knows_all(self) -> None:
        """Nothing waits to be sent any more: the card that waited is made."""
        if self._newcomer:
            member, self._newcomer = self._newcomer, 0
            self.save_card(member)

    def print_out(self) -> None:
        """F9: a reward that needs a line is promised on paper; nothing else prints yet."""
        promised = self._visit.promised()
        if promised is not None:
            self.save_slip(*promised)
        else:
            self.balance()

    def balance(self) -> None:
        """The balance on paper: nothing prints yet."""
        self._say(_("No printer is set up on this till."))
