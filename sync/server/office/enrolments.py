"""Enrolments: a member begins at a counter, maybe one that was cut off.

The event carries only the hash of the personal data, which travels beside it and is sealed here. A
CPF, phone or e-mail that another member has already stays with that one: the new member stands
without it, and a person decides whether the two are one.
"""

from collections.abc import Mapping

import msgspec

from sync.programme.cpf import parse_cpf
from sync.programme.earning import welcome
from sync.programme.email_address import parse_email
from sync.programme.ledger import Entry, Kind
from sync.programme.members import bucket_of, clean_name, parse_birthday
from sync.programme.phone import parse_phone
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import EnrolmentEvent, sealed_hash
from sync.protocol.messages import Person, Sealed
from sync.server.office.lease_rows import lent_of
from sync.server.office.persons import Details, holders, make_keys, person_row, value_hash
from sync.server.office.posting import Item, Outcome, Posting, review
from sync.server.office.standings import Standing
from sync.server.store.dialect import add_rows, insert_rows
from sync.server.store.states import CardStatus, IdentifierKind, MemberStatus
from sync.server.store.tables import cards, consents, identifiers, members, persons

_NAMES: Mapping[IdentifierKind, str] = {
    IdentifierKind.CPF: "cpf",
    IdentifierKind.PHONE: "phone",
    IdentifierKind.EMAIL: "email",
}


def post_enrolment(posting: Posting, item: Item, event: EnrolmentEvent) -> Outcome:
    """Begin a member with what was told of them, and give the welcome points.

    A number that somebody else has is exchanged for another: only a copied till gives one twice.
    """
    told = event.member
    if posting.book.standing(told) is not None:
        given = posting.renumbered.another(posting.office, told)
        event = msgspec.structs.replace(event, member=given)
    person, fault = _told(posting.sealed.get(item.id.hex()), event)
    name, details, unclear = _checked(person)
    _begin(posting, item, event, name)
    standing = Standing(
        member=event.member,
        status=int(MemberStatus.ACTIVE),
        home_store=posting.caller.store,
        leased=lent_of(posting.connection, event.member),
    )
    posting.book.open(standing)
    granted = _welcome(posting, standing, item, event)
    details, doubled = _identify(posting, event.member, details)
    _keep(posting, event.member, details, person, item)
    if doubled is not None:
        return doubled
    if fault or unclear:
        return review(fault or unclear or Reason.EVENT_INVALID, member=event.member)
    if event.member != told:
        facts: dict[str, int | str] = {"member": event.member, "told": told}
        code = Reason.MEMBER_RENUMBERED.value
        return Outcome(code=code, facts=facts, member=event.member)
    if granted != event.forecast:
        facts = {"points": granted, "forecast": event.forecast}
        return Outcome(member=event.member, facts=facts)
    return Outcome(member=event.member)


def _told(sealed: Sealed | None, event: EnrolmentEvent) -> tuple[Person, Reason | None]:
    """What the payload says, once it is the one that the event speaks of."""
    nobody = Person(name="", phone="")
    if sealed is None:
        return nobody, Reason.EVENT_INVALID
    payload = sealed.payload.encode()
    try:
        if sealed_hash(bytes.fromhex(sealed.salt), payload) != event.sealed:
            return nobody, Reason.EVENT_INVALID
        return msgspec.json.decode(payload, type=Person), None
    except (msgspec.MsgspecError, ValueError):
        return nobody, Reason.EVENT_INVALID


def _checked(person: Person) -> tuple[str, Details, Reason | None]:
    """Name and details as far as they are in order, and the first fault."""
    told = {
        "name": (person.name, clean_name),
        "cpf": (person.cpf, lambda text: parse_cpf(text).digits),
        "phone": (person.phone, lambda text: parse_phone(text).national),
        "birthday": (person.birthday, _birthday),
    }
    good: dict[str, str] = dict.fromkeys(told, "")
    fault = None
    for field, (text, parse) in told.items():
        try:
            good[field] = parse(text) if text else ""
        except Refused as refused:
            fault = fault or refused.reason
    email = parse_email(person.email)
    if person.email and not email:
        fault = fault or Reason.EVENT_INVALID
    details = Details(cpf=good["cpf"], phone=good["phone"], birthday=good["birthday"], email=email)
    return good["name"], details, fault


def _birthday(text: str) -> str:
    """A birthday on the wire is "MM-DD"; people say the day first."""
    return parse_birthday(f"{text[3:]}/{text[:2]}")


def _begin(posting: Posting, item: Item, event: EnrolmentEvent, name: str) -> None:
    own = {"bucket": bucket_of(event.member), "member_id": event.member}
    posting.book.add(
        members,
        {
            **own,
            "home_store": posting.caller.store,
            "status": int(MemberStatus.ACTIVE),
            "display_name": name,
            "enrolled_at": item.effective,
            "merged_into": None,
        },
    )
    if event.card:
        row = {
            **own,
            "card_id": bytes.fromhex(event.card),
            "status": int(CardStatus.ACTIVE),
            "replaced_by": None,
            "issued_at": item.effective,
            "print_number": 1,
        }
        add_rows(posting.connection, cards, [row])


def _welcome(posting: Posting, standing: Standing, item: Item, event: EnrolmentEvent) -> int:
    document = posting.rulebook.in_force(item.effective)
    points, lapse = welcome(document, posting.programme_day(item.effective))
    if points:
        entry = Entry(event=item.id, line=0, kind=Kind.BONUS, points=points, expires_on=lapse)
        origin = posting.origin(item, event, explain=[("welcome", "", points)])
        posting.book.post(standing, [entry], origin)
    posting.book.settle(standing, document.tiers, event=item.id, now=posting.now)
    return points


def _identify(posting: Posting, member: int, details: Details) -> tuple[Details, Outcome | None]:
    """Enter the member's identifiers; what is another's already is left out and reported."""
    key = posting.office.keys.identifiers
    told = {
        IdentifierKind.CPF: details.cpf,
        IdentifierKind.PHONE: details.phone,
        IdentifierKind.EMAIL: details.email,
    }
    wanted = {kind: value_hash(key, kind, digits) for kind, digits in told.items() if digits}
    taken = holders(posting.connection, ((value, kind) for kind, value in wanted.items()))
    others = {kind: taken[value, kind] for kind, value in wanted.items() if (value, kind) in taken}
    rows = [
        {"value_hash": value, "kind": int(kind), "bucket": bucket_of(member), "member_id": member}
        for kind, value in wanted.items()
        if kind not in others
    ]
    insert_rows(posting.connection, identifiers, rows)
    kept = Details(
        cpf="" if IdentifierKind.CPF in others else details.cpf,
        phone="" if IdentifierKind.PHONE in others else details.phone,
        birthday=details.birthday,
        email="" if IdentifierKind.EMAIL in others else details.email,
    )
    for kind, other in others.items():
        facts: dict[str, int | str] = {"kind": _NAMES[kind], "member": other}
        doubled = Outcome(
            status="needs_review",
            code=Reason.MEMBER_EXISTS.value,
            facts=facts,
            member=member,
        )
        return kept, doubled
    return kept, None


def _keep(posting: Posting, member: int, details: Details, person: Person, item: Item) -> None:
    keys = posting.person_keys
    key = keys[member] if member in keys else make_keys(posting.office, [member])[member]
    row = person_row(posting.office, member, key, details)
    posting.book.add(persons, row)
    for consent in person.consents:
        posting.book.put(
            consents,
            {
                "bucket": bucket_of(member),
                "member_id": member,
                "purpose": consent.purpose,
                "version": consent.version,
                "event_id": item.id,
                "given_at": item.effective,
                "withdrawn_at": None,
            },
        )
