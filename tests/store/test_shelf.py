"""What lies beside the journal: visits on hold, results, shifts, documents, the lock."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyalty_desk.store.instance_lock import hold_lock
from loyalty_desk.store.shelf import Parked
from sync.programme import document
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import DocumentRow, Result
from tests.builders import a_document
from tests.store.acts import (
    CAIO,
    DAY,
    HOUR,
    IDENTITY,
    MARINA,
    NOON,
    a_page,
    a_void,
    an_accrual,
    an_enrolment,
)

ROOT = Path(__file__).resolve().parents[2]
CONFIG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def a_parked(number):
    return Parked(f"p{number}", NOON + number, 41, MARINA, b"visit %d" % number)


def test_visits_on_hold_survive_a_restart(ledger, open_again):
    ledger.parked.keep(a_parked(1))
    ledger.parked.keep(a_parked(2))

    found = open_again().ledger.parked

    assert found.all() == (a_parked(1), a_parked(2))
    found.drop("p1")
    assert found.all() == (a_parked(2),)


def test_no_visit_on_hold_makes_room_for_another(ledger):
    for number in range(9):
        ledger.parked.keep(a_parked(number))

    assert ledger.parked.all() == tuple(a_parked(number) for number in range(9))


def test_a_visit_put_on_hold_again_takes_its_own_place(ledger):
    for number in range(5):
        ledger.parked.keep(a_parked(number))
    changed = replace(a_parked(3), body=b"changed")
    ledger.parked.keep(changed)

    assert changed in ledger.parked.all()
    assert len(ledger.parked.all()) == 5


def test_a_result_is_told_with_the_visit_it_belongs_to_until_it_is_dismissed(ledger, open_again):
    (visit,) = ledger.record([an_accrual()])
    said = Result(seq=1, status="needs_review", code="receipt_used", facts={"store": "Moema"})
    ledger.attention.keep_all([said])

    (notice,) = ledger.attention.all()
    assert (notice.visit, notice.member, notice.at) == (visit.visit, MARINA, NOON)
    assert (notice.status, notice.code, notice.facts) == (
        "needs_review",
        "receipt_used",
        {"store": "Moema"},
    )

    ledger.attention.dismiss(1)
    ledger = open_again().ledger
    ledger.attention.keep_all([said])
    assert ledger.attention.all() == ()


def test_a_shift_counts_what_its_person_did(ledger):
    ledger.record([an_accrual()])
    shift = ledger.shifts.open_one(41, at=NOON)
    (wrong,) = ledger.record([an_accrual(points=5)])
    ledger.record([a_void(wrong.visit)])
    ledger.record([an_accrual(points=86), an_accrual(points=0)])
    ledger.record([an_enrolment()])
    ledger.record([an_accrual(staff=7)])

    counts = ledger.shifts.counts(shift)

    assert (counts.visits, counts.credited, counts.enrolments) == (3, 136, 1)
    assert (counts.redemptions, counts.redeemed_points, counts.undone) == (0, 0, 1)


def test_a_shift_goes_on_after_a_restart_and_ends_once(ledger, open_again):
    shift = ledger.shifts.open_one(41, at=NOON)

    shifts = open_again().ledger.shifts
    assert shifts.open_one(41, at=NOON + HOUR) == shift == shifts.current(41)

    shifts.close(41)
    assert shifts.current(41) is None
    assert shifts.open_one(41, at=NOON + DAY).since == NOON + DAY


# --- Documents -----------------------------------------------------------------------------------


def published(key=CONFIG_KEY, **facts):
    body = document.canonical(a_document(**facts))
    return DocumentRow(body.decode(), key.sign(document.signed_part(body)).hex())


@pytest.fixture
def documents(store):
    """The documents of a terminal that knows the configuration key."""
    store.ledger.lives.identity = replace(
        IDENTITY, server_key=CONFIG_KEY.public_key().public_bytes_raw()
    )
    return store.ledger.documents


def test_the_newest_document_that_has_begun_is_in_force(documents, store):
    documents.keep_all(
        [published(version=1, valid_from=NOON), published(version=2, valid_from=NOON + DAY)]
    )

    assert store.ledger.document(NOON).document.version == 1
    assert store.ledger.document(NOON + DAY).document.version == 2
    assert len(store.ledger.document(NOON).rules) == 16


def test_before_the_first_document_the_rules_are_unknown(documents):
    documents.keep_all([published(valid_from=NOON)])

    with pytest.raises(Refused) as refused:
        documents.at(NOON - 1)

    assert refused.value.reason is Reason.RULES_UNKNOWN


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(published(Ed25519PrivateKey.generate()), id="another-key"),
        pytest.param(DocumentRow(published().body + " ", published().signature), id="changed"),
        pytest.param(DocumentRow(published().body, "zz"), id="no-signature"),
    ],
)
def test_a_forged_document_keeps_its_whole_page_out(documents, store, row):
    with pytest.raises(Refused) as refused:
        store.replica.keep_page(a_page(documents=(row,), cursor="c"), asked_at=NOON, now=NOON)

    assert refused.value.reason is Reason.DOCUMENT_FORGED
    assert documents.all() == ()
    assert store.cache.cursor == ""


def test_a_newcomer_begins_in_the_first_tier(documents, store):
    documents.keep_all([published(valid_from=0)])

    store.ledger.record([an_enrolment()])

    assert store.members.by_id(CAIO).row.tier == "bronze"


# --- One process ---------------------------------------------------------------------------------


def test_a_profile_is_open_once(places):
    lock = hold_lock(places.lock)

    with pytest.raises(Refused) as refused:
        hold_lock(places.lock)

    assert refused.value.reason is Reason.ALREADY_RUNNING
    lock.release()
    lock.release()
    hold_lock(places.lock).release()


def test_the_end_of_a_process_lets_go_of_its_lock(places):
    code = (
        "import os, pathlib; from loyalty_desk.store.instance_lock import hold_lock;"
        f"hold_lock(pathlib.Path({str(places.lock)!r})); os._exit(1)"
    )

    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=60)

    hold_lock(places.lock).release()


def test_a_place_without_room_for_the_lock_is_named(tmp_path):
    (tmp_path / "data").write_text("a file, not a folder")

    with pytest.raises(Refused) as refused:
        hold_lock(tmp_path / "data" / "running.lock")

    assert refused.value.reason is Reason.DISK_FULL
