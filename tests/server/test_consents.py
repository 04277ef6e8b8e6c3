"""Consents: each change is proven with the words that were shown."""

import hashlib

import pytest
from sqlalchemy import select

from sync.programme.document import Purpose
from sync.programme.refusals import Reason
from sync.server.office import consents
from sync.server.office.documents import publish, rulebook
from sync.server.store.tables import consent_proofs
from tests.refusals import reason
from tests.server.shop import DAY, NOON, programme

RULES = Purpose(id="rules", title="Regulamento", note="", text="…", version=3, required=True)
OFFERS = Purpose(id="offers", title="Ofertas", note="", text="Autorizo.", version=1)
NEWER = Purpose(id="offers", title="Ofertas", note="", text="Autorizo mais.", version=2)


@pytest.fixture
def member(office, till):
    member = till.member()
    with office.database.write() as connection:
        publish(connection, office.keys, programme(2, purposes=(RULES, OFFERS)), now=NOON)
    return member


def give(office, member, purpose="offers", version=1, now=NOON):
    consents.give(office, member, purpose=purpose, version=version, channel="web", now=now)


def withdraw(office, member, purpose="offers", now=NOON):
    consents.withdraw(office, member, purpose=purpose, channel="web", now=now)


def standing(office, member, now=NOON):
    with office.database.read() as connection:
        document = rulebook(connection).in_force(now)
        known = consents.standings(connection, document, member)
    return {one.purpose.id: (one.version, one.given_at, one.is_current) for one in known}


def allowed(office, member):
    with office.database.read() as connection:
        document = rulebook(connection).in_force(NOON)
        known = consents.standings(connection, document, member)
    return {one.purpose.id for one in known if one.holds}


def proofs(office):
    with office.database.read() as connection:
        rows = connection.execute(select(consent_proofs).order_by(consent_proofs.c.at))
        return [(row.purpose, row.version, row.given, row.words, row.at) for row in rows]


def test_what_was_accepted_at_the_desk_holds_here_too(office, member):
    assert standing(office, member) == {"rules": (3, NOON, True), "offers": (0, 0, False)}
    assert allowed(office, member) == {"rules"}


def test_every_change_of_mind_is_kept_with_its_words(office, member):
    give(office, member)
    withdraw(office, member, now=NOON + DAY)
    give(office, member, now=NOON + 2 * DAY)

    words = hashlib.sha256(b"Autorizo.").digest()
    assert standing(office, member)["offers"] == (1, NOON + 2 * DAY, True)
    assert proofs(office) == [
        ("offers", 1, True, words, NOON),
        ("offers", 1, False, words, NOON + DAY),
        ("offers", 1, True, words, NOON + 2 * DAY),
    ]


def test_newer_words_have_to_be_accepted_anew(office, member):
    give(office, member)
    with office.database.write() as connection:
        publish(connection, office.keys, programme(3, purposes=(RULES, NEWER)), now=NOON)

    assert standing(office, member)["offers"] == (1, NOON, False)
    assert reason(give, office, member, version=1) is Reason.NOT_FOUND
    give(office, member, version=2, now=NOON + DAY)
    assert standing(office, member)["offers"] == (2, NOON + DAY, True)
    withdraw(office, member, now=NOON + 2 * DAY)
    assert standing(office, member)["offers"] == (0, 0, False)


def test_nobody_accepts_what_is_not_asked_or_takes_back_what_is_needed(office, member):
    assert reason(give, office, member, purpose="more") is Reason.NOT_FOUND
    assert reason(withdraw, office, member, purpose="more") is Reason.NOT_FOUND
    assert reason(withdraw, office, member, purpose="rules") is Reason.NOT_PERMITTED
    assert proofs(office) == []
