"""Papers: what people take home, made on the asking worker and written where documents go."""

from collections.abc import Callable
from pathlib import Path

from loyalty_desk.app.link import Link
from loyalty_desk.desk import identify, pending_voucher
from loyalty_desk.desk.card import write_card
from loyalty_desk.desk.counter import Counter
from loyalty_desk.desk.identify import OpenMember
from loyalty_desk.paths import Places
from loyalty_desk.ui.background import Background
from loyalty_desk.ui.counter.presenter import CounterPresenter
from loyalty_desk.ui.redeem.slip_words import pending_slip
from sync.i18n import _
from sync.programme.refusals import Reason, Refused


class Papers:
    """Makes cards and slips; `presenter` says where they are, or why there are none."""

    def __init__(
        self,
        worker: Background,
        counter: Counter,
        link: Link,
        places: Places,
        presenter: CounterPresenter,
    ) -> None:
        self._worker = worker
        self._counter = counter
        self._link = link
        self._places = places
        self._presenter = presenter

    def card(self, member: int) -> None:
        """A member's card, made by the server."""
        hint = _("Show this code at the counter")

        def work() -> Path:
            opened = identify.by_member(self._counter, member)
            made = self._link.card_of(member)
            return write_card(self._counter, opened, made, self._places.cards, hint=hint).pdf

        self._make(work, _("Card saved: {path}"))

    def pending(self, member: OpenMember, reward: int) -> None:
        """A reward that cannot be handed over now, promised on paper."""

        def work() -> Path:
            promised = pending_voucher.promise(self._counter, member, reward)
            stem = f"{promised.at:%Y-%m-%d-%H%M%S}"
            face = pending_slip(promised)
            return pending_voucher.write(face, stem, self._places.slips).pdf

        self._make(work, _("Pending voucher saved: {path}"))

    def _make(self, work: Callable[[], Path], words: str) -> None:
        presenter = self._presenter

        def failed(error: BaseException) -> None:
            if isinstance(error, OSError):
                presenter.refused(Refused(Reason.DISK_FULL))
            elif isinstance(error, Refused) and error.reason is Reason.NEEDS_CONNECTION:
                presenter.say(_("A card can only be made with a connection."))
            elif isinstance(error, Refused):
                presenter.refused(error)
            else:
                raise error

        self._worker.run(work, lambda path: presenter.say(words.format(path=path)), failed)
