"""What head office does with members: block, let go on, forget."""

import pytest
from sqlalchemy import select

from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import MemberQuery, Person
from sync.server.office import members
from sync.server.office.look_up import look_up
from sync.server.store.tables import audit, consents, identifiers, member_keys, persons
from tests.server.accounts import account, folded, stored
from tests.server.shop import NOON

PHONE = "11982144417"


@pytest.fixture
def member(till):
    event = till.enrolment(Person(name="Teresa Okamoto", phone=PHONE), card="00112233445566ff")
    till.push()
    return event.member


def test_a_blocked_member_earns_nothing_until_somebody_has_looked(office, till, member):
    members.block(office, member, staff=5, now=NOON)
    event = till.accrual(member, 2_000)

    assert till.result(till.push(), event).code == "member_blocked"
    assert till.pull().members[0].status == 1

    members.unblock(office, member, staff=5, now=NOON)
    till.accrual(member, 2_000)
    assert till.push().results == ()
    assert account(office, member).points == 70


def test_a_forgotten_member_is_only_numbers(office, till, member):
    till.accrual(member, 2_000)
    till.push()
    page = till.pull()

    members.erase(office, member, staff=5, now=NOON)

    after = till.pull(page.cursor)
    assert (after.members, after.gone) == ((), (member,))
    assert till.pull().members == ()
    with office.database.read() as connection, office.database.keys_reading.begin() as keys:
        for table, where in ((persons, connection), (identifiers, connection), (member_keys, keys)):
            assert where.execute(select(table)).all() == []
        assert all(row.withdrawn_at for row in connection.execute(select(consents)))
        (line,) = connection.execute(select(audit)).all()
    assert (line.act, line.actor, line.subject) == ("erase", "staff:5", f"member:{member}")
    assert account(office, member).points == 70
    assert stored(office) == folded(office)


def test_a_forgotten_member_is_not_found_and_earns_nothing(office, till, member):
    members.erase(office, member, staff=5, now=NOON)
    event = till.accrual(member, 2_000)

    page = look_up(office, till.caller, MemberQuery(phone=PHONE), now=NOON)

    assert page.members == ()
    assert till.result(till.push(), event).code == "member_erased"


def test_the_number_of_a_forgotten_member_is_free(office, till, member):
    members.erase(office, member, staff=5, now=NOON)
    till.enrolment(Person(name="Teresa Okamoto", phone=PHONE))

    assert till.push().results == ()


def test_a_member_is_forgotten_once(office, member):
    members.erase(office, member, staff=5, now=NOON)

    with pytest.raises(Refused) as refused:
        members.erase(office, member, staff=5, now=NOON)

    assert refused.value.reason is Reason.MEMBER_ERASED


def test_nobody_cannot_be_blocked(office):
    with pytest.raises(Refused) as refused:
        members.block(office, 12_345, staff=5, now=NOON)

    assert refused.value.reason is Reason.MEMBER_UNKNOWN
