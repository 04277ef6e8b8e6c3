"""Enrol: a newcomer becomes a member, with or without a network.

Name and phone are required, the rest is optional; each consent is given on its own. The person's
data is sealed beside the event: the event itself holds only its hash.
"""

from collections.abc import Callable
from dataclasses import dataclass

from loyalty_desk.desk import identify
from loyalty_desk.desk.counter import Counter
from loyalty_desk.desk.session import permitted
from loyalty_desk.store.journal import Act
from loyalty_desk.store.members import Known
from sync.programme import members
from sync.programme.cpf import parse_cpf
from sync.programme.earning import welcome
from sync.programme.permissions import Act as Permitted
from sync.programme.phone import parse_phone
from sync.programme.refusals import Reason, Refused
from sync.protocol import codec
from sync.protocol.events import EnrolmentEvent, sealed_hash
from sync.protocol.messages import ConsentGiven, Person

SALT_BYTES = 32
_ID_BYTES = 5  # 40 random bits
_PHONE_BEGINS = 8  # so many digits are worth carrying over


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What was typed and ticked. `shared_phone` says that two people may have this number."""

    name: str = ""
    phone: str = ""
    cpf: str = ""
    birthday: str = ""
    consents: tuple[str, ...] = ()
    shared_phone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A new member, the visit that made them, and what they were given."""

    member: int
    visit: str
    name: str
    points: int


def form_for(typed: str) -> Form:
    """Return a form with what was searched for: a name, a phone, or a CPF that is no phone."""
    if any(char.isalpha() for char in typed):
        return Form(name=typed.strip())
    plain = typed.strip()
    if _parses(parse_cpf, plain) and not _parses(parse_phone, plain):
        return Form(cpf=plain)
    digits = sum(char.isdigit() for char in plain)
    return Form(phone=plain) if digits >= _PHONE_BEGINS else Form()


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except Refused:
        return False
    return True


def owner_of_phone(counter: Counter, typed: str) -> Known | None:
    """Return who has this phone already, or None. Raises Refused(PHONE_INVALID)."""
    return next(iter(identify.by_phone(counter, parse_phone(typed).national)), None)


def owner_of_cpf(counter: Counter, typed: str) -> identify.OpenMember | None:
    """Return who has this CPF already, or None. Raises Refused(CPF_INVALID)."""
    try:
        return identify.by_cpf(counter, parse_cpf(typed))
    except Refused as refused:
        if refused.reason is Reason.CPF_INVALID:
            raise
        return None


def person_of(counter: Counter, form: Form) -> Person:
    """Return the person a form describes, everything in its plain form.

    Raises Refused: PHONE_INVALID, NAME_…, CPF_INVALID, BIRTHDAY_INVALID, CONSENT_MISSING,
    MEMBER_EXISTS (fact `name`).
    """
    document = counter.document()
    phone = parse_phone(form.phone).national
    name = members.clean_name(form.name)
    cpf = parse_cpf(form.cpf).digits if form.cpf.strip() else ""
    birthday = members.parse_birthday(form.birthday)
    members.check_consents(form.consents, document.purposes)
    owner = next(iter(identify.by_phone(counter, phone)), None)
    if owner is not None and not form.shared_phone:
        raise Refused(Reason.MEMBER_EXISTS, name=owner.row.name)
    known = owner_of_cpf(counter, cpf) if cpf else None
    if known is not None and known.row is not None:
        raise Refused(Reason.MEMBER_EXISTS, name=known.row.name)
    given = tuple(
        ConsentGiven(purpose=purpose.id, version=purpose.version)
        for purpose in document.purposes
        if purpose.id in form.consents
    )
    return Person(name=name, phone=phone, cpf=cpf, birthday=birthday, consents=given)


def enrol(counter: Counter, form: Form, *, staff: int, event: str) -> Enrolled:
    """Record a new member durably.

    Raises Refused like `person_of`, and NOT_PERMITTED; then nothing is written.

    `event` is made when the form opens, so pressing twice enrols once.
    """
    permitted(counter, staff, Permitted.ENROL)
    before = counter.ledger.visits.find(event)
    if before is not None:
        name = members.clean_name(form.name)
        return Enrolled(member=before.member, visit=event, name=name, points=before.credited)
    person = person_of(counter, form)
    issuer = counter.identity().issuer
    random40 = int.from_bytes(counter.entropy(_ID_BYTES), "big")
    member = members.member_id(issuer=issuer, random40=random40)
    points, _lapses = welcome(counter.document(), counter.local(counter.now()).date())
    salt, payload = counter.entropy(SALT_BYTES), codec.encode(person)
    act = Act(
        event=EnrolmentEvent(
            rules=counter.rules().rules,
            staff=staff,
            boot=counter.clock.boot,
            offset_ms=counter.ledger.offset_ms,
            at=counter.clock.now(),
            mono_ms=counter.clock.mono(),
            seq=0,
            id=event,
            member=member,
            sealed=sealed_hash(salt, payload),
            forecast=points,
        ),
        salt=salt,
        payload=payload,
    )
    counter.ledger.record([act])
    return Enrolled(member=member, visit=event, name=person.name, points=points)
