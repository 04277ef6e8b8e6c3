"""The account: who the member is here, what they allow, their language, and the way out."""

from dataclasses import dataclass
from datetime import date

from sync import i18n
from sync.i18n import _
from sync.programme import email_address, phone
from sync.programme.cpf import Cpf
from sync.programme.cpf import masked as masked_cpf
from sync.programme.document import Document
from sync.programme.phone import Phone
from sync.server.office import consents
from sync.server.office.documents import local, rulebook
from sync.server.office.holdings import Holding, held_by
from sync.server.office.persons import Details, details_of
from sync.server.office.reservation_rows import Reservation, open_reservations
from sync.server.store.states import ReservationState
from sync.server.web import drawing
from sync.server.web.frame import frame, points_in_words, store_name
from sync.server.web.home import LAPSE_DAYS, missions_of
from sync.server.web.site import PREFIX
from sync.server.web.visits import Answer, Fields, Visit

PLACE = f"{PREFIX}/account"
_CHANNEL = "member page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """A purpose in words, and what its button does; without a button when `act` is empty."""

    id: str
    version: int
    title: str
    text: str
    state: str
    holds: bool
    act: str
    button: str


def account(visit: Visit) -> Answer:
    """Return the page of the account."""
    with visit.office.database.read() as connection:
        document = rulebook(connection).in_force(visit.now)
        held = held_by(connection, visit.member, now=visit.now)
        allowed = consents.standings(connection, document, visit.member)
        details = details_of(visit.office, connection, visit.member)
    since = local(held.enrolled_at, document.zone).date()
    body = drawing.page(
        "account",
        frame=frame(visit, _("Account"), at="account"),
        name=held.name,
        since=_("Member since {day}").format(day=i18n.day(since)),
        known=_known(details),
        wrong=_("Something to correct? Any shop does it for you."),
        consents_title=_("What you allow"),
        consents=[_allowed(one, document) for one in allowed],
        read=_("Read"),
        language_word=_("Language"),
        leave=_("Sign out"),
        leave_all=_("Sign out everywhere"),
    )
    return Answer(body=body)


def notices(visit: Visit) -> Answer:
    """Return the page of what is worth knowing now."""
    with visit.office.database.read() as connection:
        document = rulebook(connection).in_force(visit.now)
        held = held_by(connection, visit.member, now=visit.now)
        kept = open_reservations(connection, visit.member)
    body = drawing.page(
        "notices",
        frame=frame(visit, _("Notices")),
        notices=_notices(document, held, kept),
        nothing=_("Nothing new."),
    )
    return Answer(body=body)


def help_page(visit: Visit) -> Answer:
    """Return the page that says where to ask."""
    with visit.office.database.read() as connection:
        document = rulebook(connection).in_force(visit.now)
    body = drawing.page(
        "help",
        frame=frame(visit, _("Talk to the shop"), at="statement"),
        explained=_(
            "Show the statement at any shop of {club}: whoever is in charge there can look into "
            "every line and put it right."
        ).format(club=document.name),
        shops=[store.name for store in document.stores],
        shops_word=_("Shops"),
    )
    return Answer(body=body)


def allow(visit: Visit, fields: Fields) -> Answer:
    """Note a consent that was given or withdrawn."""
    purpose = fields.get("purpose", "")
    if fields.get("act") == "give":
        said = fields.get("version", "")
        version = int(said) if said.isascii() and said.isdecimal() and len(said) < 9 else 0
        consents.give(
            visit.office,
            visit.member,
            purpose=purpose,
            version=version,
            channel=_CHANNEL,
            now=visit.now,
        )
    else:
        consents.withdraw(
            visit.office, visit.member, purpose=purpose, channel=_CHANNEL, now=visit.now
        )
    return Answer(go_to=PLACE)


def speak(visit: Visit, fields: Fields) -> Answer:
    """Keep the language that somebody chose."""
    chosen = fields.get("language", "")
    back = PLACE if visit.member else f"{PREFIX}/"
    return Answer(go_to=back, language=chosen if chosen in i18n.LANGUAGES else visit.language)


def _known(details: Details) -> list[tuple[str, str]]:
    """What is known of a member, masked: a screen may be read over a shoulder."""
    told = [
        (_("Mobile"), phone.masked(Phone(details.phone)) if details.phone else ""),
        (_("E-mail"), email_address.masked(details.email)),
        ("CPF", masked_cpf(Cpf(details.cpf)) if details.cpf else ""),
    ]
    return [(name, value) for name, value in told if value]


def _allowed(one: consents.Standing, document: Document) -> Allowed:
    purpose = one.purpose
    day = i18n.day(local(one.given_at, document.zone).date()) if one.holds else ""
    if one.holds:
        state = _("Allowed on {day}, version {version}").format(day=day, version=one.version)
    else:
        state = _("Not allowed")
    act, button = "give", _("Allow")
    if one.holds and not one.is_current:
        button = _("Accept the new version")
    elif one.holds:
        act, button = ("", "") if purpose.required else ("withdraw", _("Withdraw"))
    return Allowed(
        id=purpose.id,
        version=purpose.version,
        title=purpose.title,
        text=purpose.text,
        state=state,
        holds=one.holds,
        act=act,
        button=button,
    )


def _notices(
    document: Document, held: Holding, kept: list[Reservation]
) -> list[tuple[str, str, str]]:
    """What is worth knowing: (icon, sentence, where to go)."""
    said: list[tuple[str, str, str]] = []
    if lapse := held.lapsing(LAPSE_DAYS):
        day, points = lapse
        sentence = _("{points} lapse on {day}.").format(
            points=points_in_words(points), day=i18n.day(date.fromisoformat(day))
        )
        said.append(("clock", sentence, f"{PREFIX}/rewards"))
    for one in kept:
        if one.state is ReservationState.RESERVED:
            sentence = _("{reward} waits for you in {store}.").format(
                reward=_reward(document, one), store=store_name(document, one.store)
            )
            said.append(("package", sentence, f"{PREFIX}/rewards?voucher={one.voucher.hex()}"))
    if held.account.pending:
        sentence = _("{points} are being checked by the shop.").format(
            points=points_in_words(held.account.pending)
        )
        said.append(("hourglass", sentence, f"{PREFIX}/statement"))
    for mission in missions_of(document, held):
        said.append(("target", f"{mission.name}: {mission.done}", f"{PREFIX}/missions"))
    return said


def _reward(document: Document, one: Reservation) -> str:
    return next((r.name for r in document.rewards if r.id == one.reward), _("Reward"))
