"""What comes back over a network, and what each of it is called."""

import socket
import subprocess
import sys
import time
from email.utils import formatdate
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.enrol import enrol
from sync.client.outcomes import Offline, Outdated, Rejected, ServerFault
from sync.client.remote import RemoteServer
from sync.client.replica import Identity
from sync.programme.refusals import Reason
from sync.protocol import codec, signing
from sync.protocol.messages import (
    EnrolAnswer,
    Hello,
    HelloAnswer,
    LeaseRequest,
    LeaseRow,
    Problem,
    PullAnswer,
)
from tests.client.loopback import drips, hangs_up, keeps_silent, peer, says

NOON = 1_795_269_600_000
SERVER_KEY = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
KEY = Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32)
IDENTITY = Identity(
    terminal=3,
    incarnation=1,
    issuer=9,
    store=1,
    name="Caixa 02",
    server_key=SERVER_KEY.public_key().public_bytes_raw(),
    identifier_key=bytes(32),
    public_key=KEY.public_key().public_bytes_raw(),
    epoch=1,
)
HELLO = Hello(protocol=1, app="1.0", epoch=1, last_seq=0, head="00" * 32)
GREETING = HelloAnswer(protocol=1, now=NOON + 5_000, epoch=1, last_seq=0, head="00" * 32)
PAGE = PullAnswer(cursor="next", more=False, epoch=1, acked_seq=0, now=NOON)
LEASE = LeaseRow("0a" * 16, 5, 100, 0, NOON)
PORTAL = b"<html>Bem-vindo ao Wi-Fi</html>"


def remote(url, *, wall=lambda: NOON):
    return RemoteServer(url, identity=IDENTITY, key=KEY, wall=wall, monotonic=time.monotonic)


def signed(message, *, status=200, key=SERVER_KEY, packed=False, of="", **headers):
    """The server's own answer: signed for this question, or for the question `of`."""
    body = codec.encode(message)
    if packed:
        body, headers["Content_Encoding"] = codec.pack(body), "zstd"

    def script(request, connection):
        signature = signing.sign_answer(
            key,
            request_signature=of or request.headers.get(signing.SIGNATURE.lower(), ""),
            body=body,
        )
        given = {signing.SERVER_SIGNATURE.replace("-", "_"): signature, **headers}
        says(status, body, **given)(request, connection)

    return script


def refusing(code, *, status=400, facts=None, **headers):
    return signed(Problem(status=status, code=code, facts=facts or {}), status=status, **headers)


def outcome_of(kind, *scripts, ask=lambda server: server.hello(HELLO)):
    with peer(*scripts) as here:
        server = remote(here.url)
        with pytest.raises(kind) as raised:
            ask(server)
        server.close()
    return raised.value


# --- Not the server ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "why"),
    [
        pytest.param(says(200, PORTAL), "captive", id="a-portals-page"),
        pytest.param(says(302, b"", Location="http://portal/"), "captive", id="a-redirection"),
        pytest.param(says(403, PORTAL), "captive", id="a-portals-refusal"),
        pytest.param(says(200, b""), "captive", id="nothing-in-it"),
        pytest.param(says(200, codec.encode(GREETING)), "captive", id="unsigned"),
        pytest.param(signed(GREETING, key=KEY), "captive", id="signed-by-another"),
        pytest.param(signed(GREETING, of="AAAA"), "captive", id="an-old-answer"),
        pytest.param(
            says(403, codec.encode(Problem(code="terminal_revoked"))), "captive", id="unsigned-no"
        ),
        pytest.param(hangs_up, "half", id="hangs-up"),
        pytest.param(says(200, PORTAL, short_by=5), "half", id="half-a-body"),
        pytest.param(says(200, PORTAL, short_by=len(PORTAL) + 20), "half", id="half-a-head"),
    ],
)
def test_what_the_server_has_not_said_is_offline(script, why):
    assert outcome_of(Offline, script).why == why


def test_nobody_there_is_offline():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(Offline) as raised:
        remote(f"http://127.0.0.1:{port}").hello(HELLO)

    assert raised.value.why == "unreachable"


@pytest.mark.parametrize("url", ["http://example.org", "ftp://127.0.0.1", "example.org", ""])
def test_personal_data_does_not_leave_in_the_clear(url):
    with pytest.raises(Offline) as raised:
        remote(url).hello(HELLO)

    assert raised.value.why == "insecure"


@pytest.mark.parametrize("script", [keeps_silent, drips])
def test_a_cashier_waits_two_seconds_for_a_lease(script):
    began = time.monotonic()

    offline = outcome_of(
        Offline, script, ask=lambda server: server.lease(LeaseRequest(id="0a", member=5, points=1))
    )

    assert offline.why == "timeout"
    assert time.monotonic() - began < 3


# --- The server, in trouble ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "status", "retry_after"),
    [
        pytest.param(says(500, PORTAL), 500, None, id="a-page-of-a-proxy"),
        pytest.param(says(503, PORTAL, Retry_After="7"), 503, 7, id="asks-for-patience"),
        pytest.param(says(503, PORTAL, Retry_After="86400"), 503, 300, id="asks-for-too-much"),
        pytest.param(says(429, PORTAL, Retry_After="soon"), 429, None, id="asks-for-nonsense"),
        pytest.param(refusing("server_fault", status=500), 500, None, id="its-own-fault"),
        pytest.param(refusing("hologram_failed", status=400), 400, None, id="a-later-refusal"),
        pytest.param(signed(Problem(code="x"), status=200), 200, None, id="another-message"),
    ],
)
def test_trouble_at_the_server_is_named(script, status, retry_after):
    fault = outcome_of(ServerFault, script)

    assert (fault.status, fault.retry_after) == (status, retry_after)


def test_a_refusal_carries_its_reason_and_facts():
    script = refusing("not_enough_points", status=409, facts={"left": 12}, Retry_After="2")

    rejected = outcome_of(Rejected, script)

    assert rejected.refused.reason is Reason.NOT_ENOUGH_POINTS
    assert rejected.refused.facts == {"left": 12}
    assert rejected.retry_after == 2


@pytest.mark.parametrize(
    ("facts", "server"),
    [
        ({"oldest": 2}, False),
        ({"oldest": 3, "newest": 4}, False),
        ({"newest": 0}, True),
        ({}, False),
    ],
)
def test_a_protocol_that_is_no_longer_spoken_asks_for_an_update_of_the_older_side(facts, server):
    outdated = outcome_of(Outdated, refusing("version_unsupported", status=426, facts=facts))

    assert outdated.server is server


# --- The server ----------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
def test_a_signed_answer_is_believed_and_measures_the_clocks(packed):
    with peer(signed(GREETING, packed=packed)) as here:
        server = remote(here.url)

        assert server.hello(HELLO) == GREETING
        assert server.offset_ms == 5_000


def test_a_question_is_signed_with_the_target_as_it_is_sent():
    with peer(signed(PAGE)) as here:
        remote(here.url).pull("a+b/c=&d é")

    (request,) = here.asked
    method, target, _ = request.line.split(" ")
    signing.check_request(
        IDENTITY.public_key,
        headers=request.headers,
        method=method,
        target=target,
        body=request.body,
        now=NOON,
    )


def test_a_connection_is_kept_between_questions():
    def twice(request, connection):
        signed(LEASE)(request, connection)

    with peer(twice) as here:
        server = remote(here.url)
        for _ in range(2):
            server.lease(LeaseRequest(id="0a" * 16, member=5, points=1))
        server.close()
        server.close()

    assert len(here.asked) == 2


def test_a_wrong_clock_is_put_right_once_from_the_servers_date():
    wrong = refusing(
        "clock_wrong",
        status=401,
        facts={"minutes": 90},
        Date=formatdate((NOON + 5_400_000) / 1000, usegmt=True),
    )

    with peer(wrong, signed(GREETING)) as here:
        server = remote(here.url)
        server.hello(HELLO)

    first, second = (int(one.headers["ld-time"]) for one in here.asked)
    assert (first, second) == (NOON, NOON + 5_400_000)


def test_a_clock_that_stays_wrong_is_a_refusal():
    wrong = refusing("clock_wrong", status=401, facts={"minutes": 90}, Date="Sat, 21 Nov")

    assert outcome_of(Rejected, wrong).refused.reason is Reason.CLOCK_WRONG


def test_another_refusal_with_a_date_is_not_asked_again():
    revoked = refusing("terminal_unknown", status=401, Date=formatdate(usegmt=True))

    assert outcome_of(Rejected, revoked).refused.reason is Reason.TERMINAL_UNKNOWN


# --- Enrolment -----------------------------------------------------------------------------------


GIVEN = EnrolAnswer(
    terminal=3,
    incarnation=1,
    issuer=9,
    store=1,
    name="Caixa 02",
    server_key=IDENTITY.server_key.hex(),
    identifier_key=bytes(32).hex(),
    epoch=1,
    now=NOON,
)


def enrol_at(url):
    return enrol(url, code="ABCD", name="Caixa 02", key=KEY, monotonic=time.monotonic)


def test_a_code_and_a_key_become_a_terminal():
    with peer(signed(GIVEN)) as here:
        assert enrol_at(here.url) == IDENTITY


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(says(200, codec.encode(GIVEN)), id="unsigned"),
        pytest.param(signed(GIVEN, key=KEY), id="signed-by-another"),
        pytest.param(says(200, PORTAL), id="a-portal"),
        pytest.param(signed(msgspec.structs.replace(GIVEN, server_key="no key")), id="with-no-key"),
    ],
)
def test_an_enrolment_that_the_given_key_has_not_signed_is_none(script):
    with peer(script) as here, pytest.raises(Offline):
        enrol_at(here.url)


def test_a_code_that_is_not_good_is_a_refusal():
    with peer(refusing("enrolment_code_invalid", status=403)) as here, pytest.raises(Rejected):
        enrol_at(here.url)


# --- Start-up ------------------------------------------------------------------------------------


def test_the_network_library_is_not_imported_before_the_first_question():
    code = (
        "import sys, sync.client.engine, sync.client.remote, sync.client.enrol,"
        " loyalty_desk.store.opening, loyalty_desk.store.keys, loyalty_desk.settings;"
        "print([m for m in ('httpx', 'sqlalchemy', 'keyring', 'platformdirs') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[2]

    said = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )

    assert said.stdout.strip() == "[]"
