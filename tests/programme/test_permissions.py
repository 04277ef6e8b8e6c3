"""Who may do what, and alone up to how many points."""

import pytest

from sync.programme.document import Permission
from sync.programme.permissions import Act, may, require, require_approval
from sync.programme.refusals import Reason, Refused
from tests.builders import a_document

DOCUMENT = a_document(
    permissions=(
        Permission(role="cashier", act="redeem", points=3_000),
        Permission(role="lead", act="redeem"),
        Permission(role="manager", act="void", points=100),
        Permission(role="manager", act="void", points=500),
    )
)


@pytest.mark.parametrize(
    ("role", "act", "points", "expected"),
    [
        pytest.param("cashier", Act.REDEEM, 0, True, id="within-a-limit"),
        pytest.param("cashier", Act.REDEEM, 3_000, True, id="at-the-limit"),
        pytest.param("cashier", Act.REDEEM, 3_001, False, id="above-the-limit"),
        pytest.param("cashier", Act.VOID, 0, False, id="not-this-act"),
        pytest.param("lead", Act.REDEEM, 10**12, True, id="without-limit"),
        pytest.param("auditor", Act.REDEEM, 0, False, id="not-this-role"),
        pytest.param("manager", Act.VOID, 500, True, id="the-wider-of-two-grants"),
        pytest.param("manager", Act.VOID, 501, False, id="beyond-both-grants"),
    ],
)
def test_a_role_may_do_what_the_document_grants(role, act, points, expected):
    assert may(DOCUMENT, role, act, points=points) is expected


def test_what_is_not_granted_is_refused_by_name():
    with pytest.raises(Refused) as refused:
        require(DOCUMENT, "cashier", Act.VOID)

    assert refused.value.reason is Reason.NOT_PERMITTED
    assert refused.value.facts == {"act": "void"}


def test_what_is_granted_passes():
    require(DOCUMENT, "cashier", Act.REDEEM, points=3_000)


def approve(role, actor, approver):
    document = a_document(permissions=(Permission(role="lead", act="approve_redemption"),))
    require_approval(
        document, Act.APPROVE_REDEMPTION, actor=actor, approver=approver, role=role, points=3_600
    )


def test_another_person_in_the_right_role_approves():
    approve("lead", 1, 2)


@pytest.mark.parametrize(
    ("role", "approver", "reason"),
    [
        pytest.param("lead", 1, Reason.SELF_APPROVAL, id="oneself"),
        pytest.param("cashier", 2, Reason.NOT_PERMITTED, id="a-cashier"),
        pytest.param("cashier", 1, Reason.NOT_PERMITTED, id="a-cashier-for-oneself"),
    ],
)
def test_no_approval_comes_from_whoever_asks_or_from_another_role(role, approver, reason):
    with pytest.raises(Refused) as refused:
        approve(role, 1, approver)
    assert refused.value.reason is reason
