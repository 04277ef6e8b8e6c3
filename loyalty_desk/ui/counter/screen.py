"""What stands on the screen: all views of the moment turned into states. Qt-free."""

from dataclasses import dataclass, replace

from loyalty_desk.desk.sync_status import LEASE_ENDS_SOON_MS, SyncStatus
from loyalty_desk.ui.counter.floor import Floor
from loyalty_desk.ui.counter.tray_flow import TrayView
from loyalty_desk.ui.enrol.presenter import EnrolView, enrol_state
from loyalty_desk.ui.enrol.state import EnrolState
from loyalty_desk.ui.identify.presenter import IdleView, identify_state
from loyalty_desk.ui.identify.state import IdentifyState
from loyalty_desk.ui.pending.conditions import conditions
from loyalty_desk.ui.pending.presenter import tray_state
from loyalty_desk.ui.pending.state import Action, TrayState
from loyalty_desk.ui.pending.till_words import offers
from loyalty_desk.ui.screen import ScreenName
from loyalty_desk.ui.shell.frame import shell_state
from loyalty_desk.ui.shell.presenter import Parked, ShellState
from loyalty_desk.ui.sign_in.presenter import SignInView, sign_in_state
from loyalty_desk.ui.sign_in.state import SignInState
from loyalty_desk.ui.visit.presenter import VisitView, visit_state
from loyalty_desk.ui.visit.state import VisitState
from sync.i18n import _
from sync.programme import permissions
from sync.programme.members import first_name
from sync.programme.permissions import Act

PageState = SignInState | IdentifyState | VisitState | EnrolState


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """The moment: which screen stands, what each flow looks at, what waits."""

    floor: Floor
    name: ScreenName
    sign_in: SignInView
    idle: IdleView
    visit: VisitView | None
    enrol: EnrolView | None
    tray: TrayView
    status: SyncStatus | None
    parked: tuple[tuple[str, str], ...]
    retry_at: int
    query: tuple[str, int]
    sent: int | None = None


def page_of(views: Views) -> PageState | None:
    """Return the state of the screen that stands, None before the till is known."""
    floor, place = views.floor, views.floor.place
    if views.name == "sign_in":
        return sign_in_state(replace(views.sign_in, reader_seen=floor.reader_seen), floor.now())
    if place is None:
        return None
    if views.name == "visit" and views.visit is not None:
        return visit_state(replace(views.visit, tray=_tray(views)))
    if views.name == "enrol" and views.enrol is not None:
        return enrol_state(views.enrol, place.document)
    view = replace(views.idle, reader_seen=floor.reader_seen)
    idle = identify_state(view, place.document, place.local, floor.counter.clock.now())
    return replace(idle, tray=_tray(views))


def shell_of(views: Views) -> ShellState:
    """Return the state of the frame."""
    floor, place, status = views.floor, views.floor.place, views.status
    line = replace(floor.line, now=floor.now(), sent=views.sent)
    if status is not None and place is not None:
        copy_of = place.local(status.copy_of) if status.copy_of else None
        now = floor.counter.clock.now()
        soon = 0 < status.lease_ends <= now + LEASE_ENDS_SOON_MS
        line = replace(
            line,
            waiting=status.records,
            needs=len(status.notices),
            troubles=len(conditions(status, line, now=now)),
            copy_of=copy_of,
            lease_ends=place.local(status.lease_ends) if soon else None,
        )
    held = tuple(
        Parked(visit, _("On hold: {name}").format(name=first_name(name) or "…"))
        for visit, name in views.parked
    )
    return shell_state(
        programme=place.document.name if place is not None else "Loyalty Desk",
        place_line=f"{place.shop} · {place.till}" if place is not None else "",
        screen=views.name,
        line=line,
        session=floor.session,
        pickups=place.pickups if place is not None else 0,
        parked=held,
        query=views.query,
    )


def _tray(views: Views) -> TrayState | None:
    return tray_of(views) if views.floor.tray_open else None


def tray_of(views: Views) -> TrayState | None:
    """Return the tray, open or not; None before it is known what waits."""
    place, status = views.floor.place, views.status
    if status is None or place is None:
        return None
    left = (views.retry_at - views.floor.counter.clock.now()) // 1000
    return tray_state(
        status,
        place.document,
        place.local,
        line=views.floor.line,
        sending=views.floor.line.connected and bool(status.queued),
        retry_in=max(0, int(left)),
        now=views.floor.counter.clock.now(),
        turned=views.tray.turned,
        answer=views.tray.answer,
        offers=_offers(views),
    )


def _offers(views: Views) -> tuple[Action, ...]:
    """What can be asked of the till itself, by whoever may put one to work."""
    floor, status = views.floor, views.status
    if floor.place is None or floor.session is None or status is None:
        return ()
    if not permissions.may(floor.place.document, floor.session.role, Act.ENROL_TERMINAL):
        return ()
    return offers(unsent=bool(status.waiting + status.stuck))
