"""The interface that terminals speak: signed both ways, bounded, and never a bare error."""

import json
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.programme.refusals import Refused
from sync.protocol import codec, signing
from sync.protocol.columns import unpack_rows
from sync.protocol.messages import (
    EnrolAnswer,
    EnrolRequest,
    Hello,
    HelloAnswer,
    LeaseClosing,
    LeaseRequest,
    Manifest,
    Problem,
    PullAnswer,
    PushAnswer,
    Reincarnate,
    ReincarnateAnswer,
    Snapshot,
)
from sync.server.api.application import application
from sync.server.api.exchange import WIRE_BYTES_MAX
from sync.server.api.snapshots import Snapshots
from sync.server.office import snapshot
from sync.server.office.enrol import issue_code
from sync.server.office.losses import declare_lost
from sync.server.office.terminals import revoke
from tests.server.line import PREFIX, Line, Serving, plain_http, problem, whole_application
from tests.server.shop import MINUTE, NOON, enrolled_till


def enrol_request(code: str, **changes) -> bytes:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    facts = {"code": code, "public_key": key.hex(), "name": "Caixa 02", "protocol": 1}
    return codec.encode(EnrolRequest(**(facts | changes)))


def one_time_code(office, **changes) -> str:
    facts = {"store": 1, "name": "Caixa 02", "now": NOON}
    with office.database.write() as connection:
        return issue_code(office, connection, **(facts | changes))


# --- A whole conversation ------------------------------------------------------------------------


def test_a_whole_conversation(line):
    till = line.till
    hello = line.greet()
    assert (hello.last_seq, hello.head, hello.now) == (0, till.head.hex(), NOON)

    joined = till.enrolment()
    till.accrual(joined.member, 20_000, visit=joined.id)
    packed = codec.pack(till.batch())
    pushed = line.send("POST", "/push", packed, headers={"Content-Encoding": "zstd"})
    answer = codec.decode(pushed.content, PushAnswer)
    assert (answer.last_seq, answer.results) == (2, ())

    page = line.pull()
    assert [(row.id, row.points) for row in page.members] == [(joined.member, 250)]

    request = LeaseRequest(id=till.new_id(), member=joined.member, points=100)
    lease = json.loads(line.send("POST", "/leases", codec.encode(request)).content)
    assert lease[:4] == [request.id, joined.member, 100, 0]

    closing = LeaseClosing(leases=(request.id,), last_seq=2)
    closed = line.send("POST", "/leases/close", codec.encode(closing))
    assert json.loads(closed.content) == {"leases": []}

    card = json.loads(line.send("GET", f"/cards?member={joined.member}").content)
    assert (card["member"], len(card["token"]), len(card["card"])) == (joined.member, 202, 16)

    query = json.dumps({"card": card["card"]}).encode()
    looked_up = line.send("POST", "/members", query)
    assert [row.id for row in codec.decode(looked_up.content, PullAnswer).members] == [
        joined.member
    ]


@pytest.mark.parametrize("accepts", ["zstd", "gzip", ""])
def test_answers_are_signed_over_the_bytes_that_are_sent(line, accepts):
    for _ in range(40):
        line.till.enrolment()
    line.till.push()
    target = PREFIX + "/pull?limit=50"
    headers = signing.sign_request(
        line.till.key,
        terminal=line.till.caller.terminal,
        method="GET",
        target=target,
        body=b"",
        now=NOON,
    )

    with line.client.stream("GET", target, headers=headers | {"Accept-Encoding": accepts}) as got:
        raw = b"".join(got.iter_raw())

    signing.check_answer(
        line.server_key,
        signature=got.headers[signing.SERVER_SIGNATURE],
        request_signature=headers[signing.SIGNATURE],
        body=raw,
    )
    assert got.headers.get("content-encoding", "") == ("zstd" if accepts == "zstd" else "")
    plain = codec.unpack(raw, limit=1 << 20) if accepts == "zstd" else raw
    assert len(codec.decode(plain, PullAnswer).members) == 40


def test_a_get_has_no_body_whatever_is_sent_as_one(line):
    line.greet()

    large = b"x" * (WIRE_BYTES_MAX + 1)
    assert line.send("GET", "/pull", large, signed_body=b"").status_code == 200
    assert line.send("GET", "/pull", b"signed").json()["code"] == "signature_invalid"
    assert line.pull().members == ()


def test_a_request_is_the_lifes_that_it_names_and_no_other(line):
    def asked(**changes):
        response = line.send("GET", "/pull", **changes)
        return "" if response.status_code == 200 else problem(response)[1]

    life = line.till.caller.incarnation

    assert asked(life=life) == ""
    assert asked(life=life + 1) == "terminal_unknown"
    assert asked(life=life, headers={signing.INCARNATION: ""}) == "signature_invalid"
    assert asked(headers={signing.INCARNATION: str(life)}) == "signature_invalid"


def test_refusals_are_signed_too(line):
    response = line.send("GET", "/pull?cursor=nonsense")

    assert problem(response) == (410, "cursor_invalid")
    signing.check_answer(
        line.server_key,
        signature=response.headers[signing.SERVER_SIGNATURE],
        request_signature=response.request.headers[signing.SIGNATURE],
        body=response.content,
    )


def test_an_answer_to_another_request_is_no_answer(line):
    response = line.send("GET", "/pull")

    with pytest.raises(Refused):
        signing.check_answer(
            line.server_key,
            signature=response.headers[signing.SERVER_SIGNATURE],
            request_signature="another",
            body=response.content,
        )


# --- Who is speaking -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"headers": {signing.TERMINAL: ""}}, (401, "terminal_unknown")),
        ({"headers": {signing.TERMINAL: "one"}}, (401, "terminal_unknown")),
        ({"terminal": 99}, (401, "terminal_unknown")),
        ({"headers": {signing.TIME: "soon"}}, (401, "signature_invalid")),
        ({"headers": {signing.SIGNATURE: ""}}, (401, "signature_invalid")),
        ({"headers": {signing.SIGNATURE: "x"}}, (401, "signature_invalid")),
        ({"signed_target": PREFIX + "/pull?limit=1"}, (401, "signature_invalid")),
        ({"signed_body": b"another"}, (401, "signature_invalid")),
        ({"now": NOON - 6 * MINUTE}, (401, "clock_wrong")),
        ({"now": NOON + 6 * MINUTE}, (401, "clock_wrong")),
        ({"key": Ed25519PrivateKey.from_private_bytes(bytes(32))}, (401, "signature_invalid")),
    ],
)
def test_a_request_that_is_not_signed_by_the_terminal_is_refused(line, changes, expected):
    assert problem(line.send("GET", "/pull", **changes)) == expected


def test_a_request_is_good_for_five_minutes(line, clock):
    clock["now"] = NOON + 5 * MINUTE

    assert line.send("GET", "/pull").status_code == 200


def test_a_target_is_signed_as_it_is_sent(line):
    assert line.send("GET", "/pull?limit=5&cursor=").status_code == 200
    assert line.send("GET", "/%70ull?limit=5").status_code == 200


def test_a_revoked_terminal_is_told_so(office, line):
    with office.database.write() as connection:
        revoke(connection, line.till.caller.terminal)

    assert problem(line.send("GET", "/pull")) == (403, "terminal_revoked")


def test_a_lost_terminal_is_heard_and_told_nothing(office, line):
    line.till.enrolment()
    declare_lost(office, line.till.caller.terminal, staff=0, now=NOON)

    assert problem(line.send("GET", "/pull")) == (403, "terminal_revoked")
    assert problem(line.send("GET", "/stream")) == (403, "terminal_revoked")
    assert problem(line.send("GET", "/cards?member=1")) == (403, "terminal_revoked")
    pushed = line.send("POST", "/push", line.till.batch())
    assert codec.decode(pushed.content, PushAnswer).last_seq == 1


def test_a_terminal_that_cannot_vouch_for_its_journal_is_given_its_next_life(line):
    head = line.till.head.hex()
    asked = Reincarnate(protocol=1, id="ab" * 16, last_seq=0, head=head, why="unknown")

    assert line.ask("/reincarnate", asked, ReincarnateAnswer).incarnation == 2


def test_an_earlier_life_of_a_terminal_can_still_empty_its_journal(office, line, client):
    line.till.enrolment()
    code = one_time_code(office, terminal=line.till.caller.terminal)
    answer = client.post(PREFIX + "/enrol", content=enrol_request(code))
    enrolled = codec.decode(answer.content, EnrolAnswer)

    pushed = line.send("POST", "/push", line.till.batch())

    assert (enrolled.terminal, enrolled.incarnation) == (line.till.caller.terminal, 2)
    assert codec.decode(pushed.content, PushAnswer).last_seq == 1


# --- Bounds --------------------------------------------------------------------------------------


def test_a_body_above_the_bound_is_refused_before_anything_else(line):
    body = bytes(WIRE_BYTES_MAX + 1)

    assert problem(line.send("POST", "/push", body)) == (413, "batch_too_large")


def test_a_frame_that_unpacks_to_more_than_the_bound_is_refused(line):
    bomb = codec.pack(bytes(64 * 1024 * 1024))
    packed = {"Content-Encoding": "zstd"}

    response = line.send("POST", "/push", bomb, headers=packed)

    assert len(bomb) < WIRE_BYTES_MAX
    assert problem(response) == (413, "batch_too_large")


@pytest.mark.parametrize("path", ["/push", "/hello", "/leases", "/leases/close", "/members"])
@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"{}", b"\xff"])
def test_a_body_that_cannot_be_read_is_refused(line, path, body):
    status, code = problem(line.send("POST", path, body))

    assert (status, code) == (400, "batch_unreadable")


def test_a_body_above_the_bound_is_refused_before_its_signature_is_looked_at(client):
    response = client.post(f"{PREFIX}/push", content=bytes(WIRE_BYTES_MAX + 1))

    assert problem(response) == (413, "batch_too_large")


def test_a_body_whose_length_nobody_said_is_bounded_as_well(client):
    def endless():
        for _ in range(WIRE_BYTES_MAX // 65_536 + 2):
            yield bytes(65_536)

    assert client.post(f"{PREFIX}/push", content=endless()).status_code == 413


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda frame: frame + b"more", id="trailing-bytes"),
        pytest.param(lambda frame: frame[:-2], id="half-a-frame"),
        pytest.param(lambda frame: b"", id="nothing"),
    ],
)
def test_a_frame_is_read_to_its_end_and_not_beyond(line, spoil):
    line.till.enrolment()
    frame = spoil(codec.pack(line.till.batch()))

    response = line.send("POST", "/push", frame, headers={"Content-Encoding": "zstd"})

    assert problem(response) == (400, "batch_unreadable")
    assert line.pull().acked_seq == 0


@pytest.mark.parametrize("path", ["/snapshot", "/snapshot/" + "0" * 64, "/stream"])
def test_first_copies_and_news_are_for_terminals_only(line, path):
    response = line.send("GET", path, signed_target="/v1/device/pull")

    assert problem(response) == (401, "signature_invalid")


def test_a_first_copy_is_fetched_part_by_part_as_it_was_packed(office, till, tmp_path):
    member = till.member()
    snapshot.build(office, tmp_path, 1, now=NOON)
    snapshots = Snapshots(office, tmp_path, least=1)

    app = application(office, lambda: NOON, snapshots=snapshots)
    with Serving(app) as url, plain_http(url) as client:
        line = Line(client, office, till)
        offered = codec.decode(line.send("GET", "/snapshot").content, Snapshot)
        (chunk,) = codec.decode(offered.manifest.encode(), Manifest).chunks
        part = line.send("GET", f"/snapshot/{chunk.sha256}").content
    snapshots.close()

    assert [row.id for row in unpack_rows(part)] == [member]


def test_a_server_without_first_copies_and_news_has_no_such_routes(office, till):
    with (
        Serving(application(office, lambda: NOON)) as url,
        plain_http(url) as client,
    ):
        line = Line(client, office, till)
        for path in ("/snapshot", "/stream"):
            assert problem(line.send("GET", path))[0] == 404


def test_a_small_shop_has_no_first_copy_and_no_part_of_one(line):
    assert line.send("GET", "/snapshot").json() == {}
    assert problem(line.send("GET", "/snapshot/" + "0" * 64)) == (404, "not_found")


def test_a_frame_that_is_none_is_refused(line):
    response = line.send("POST", "/push", b"no frame", headers={"Content-Encoding": "zstd"})

    assert problem(response) == (400, "batch_unreadable")


@pytest.mark.parametrize(
    "query", ["?limit=x", "?limit=-1", "?limit=0", "?limit=999999999999999999"]
)
def test_a_strange_limit_is_no_fault(line, query):
    assert line.send("GET", "/pull" + query).status_code in (200, 400)


@pytest.mark.parametrize("member", ["", "0", "-1", "9223372036854775808", "x"])
def test_a_card_of_nobody_is_refused(line, member):
    status, code = problem(line.send("GET", f"/cards?member={member}"))

    assert code in ("member_unknown", "batch_unreadable")
    assert status in (400, 404)


# --- Errors of HTTP itself -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nowhere", (404, "not_found")),
        ("GET", "/v1/device/nowhere", (404, "not_found")),
        ("GET", "/v1/device/push", (405, "not_found")),
        ("DELETE", "/healthz", (405, "not_found")),
    ],
)
def test_errors_of_http_are_problems_too(client, method, path, expected):
    assert problem(client.request(method, path)) == expected


def test_a_fault_of_ours_is_a_problem_without_its_cause(office, line, caplog):
    with office.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE till_sales")

    response = line.send("GET", "/pull")

    assert problem(response) == (500, "server_fault")
    assert b"till_sales" not in response.content
    assert "fault in GET /v1/device/pull" in caplog.text


def test_it_says_that_it_is_up(client):
    response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_the_description_names_every_route_and_no_other(office, client):
    described = client.get("/openapi.json").json()
    app = whole_application(office, lambda: NOON)

    served = {
        (route.path.replace(":str}", "}"), method.lower())
        for route in app.routes
        for method in route.methods
        if method != "OPTIONS"
    }
    assert {(p, m) for p, methods in described["paths"].items() for m in methods} == served
    assert described["openapi"] == "3.1.0"


def test_every_reference_in_the_description_leads_somewhere(client):
    text = client.get("/openapi.json").text
    described = json.loads(text)

    named = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert named <= set(described["components"]["schemas"])
    assert {"PushAnswer", "PullAnswer", "EnrolAnswer", "Problem"} <= named


# --- Enrolling terminals -------------------------------------------------------------------------


def test_a_code_makes_a_terminal(office, client):
    code = one_time_code(office)

    response = client.post(PREFIX + "/enrol", content=enrol_request(code.lower()))

    answer = codec.decode(response.content, EnrolAnswer)
    assert (answer.store, answer.name, answer.incarnation) == (1, "Caixa 02", 1)
    assert answer.server_key == office.keys.config.public_key().public_bytes_raw().hex()
    assert answer.identifier_key == office.keys.terminals.hex()
    signing.check_answer(
        bytes.fromhex(answer.server_key),
        signature=response.headers[signing.SERVER_SIGNATURE],
        request_signature="",
        body=response.content,
    )


def test_a_lost_answer_costs_nothing(office, client):
    code = one_time_code(office)
    answers = {client.post(PREFIX + "/enrol", content=enrol_request(code)).content for _ in "ab"}

    assert len(answers) == 1


def test_a_code_is_good_for_one_key(office, client):
    code = one_time_code(office)
    client.post(PREFIX + "/enrol", content=enrol_request(code))

    again = client.post(PREFIX + "/enrol", content=enrol_request(code, public_key="11" * 32))

    assert problem(again) == (403, "enrolment_code_invalid")


def test_a_code_ends_after_ten_minutes(office, client, clock):
    code = one_time_code(office)
    clock["now"] = NOON + 10 * MINUTE + 1

    response = client.post(PREFIX + "/enrol", content=enrol_request(code))

    assert problem(response) == (403, "enrolment_code_invalid")


def test_no_code_is_stored(office):
    code = one_time_code(office).replace("-", "")

    with office.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM enrolment_codes").all()
    assert code.encode() not in repr(rows).encode()


def test_guessing_codes_is_slowed_down(office, client, clock):
    answers = [
        problem(client.post(PREFIX + "/enrol", content=enrol_request("0000-0000-0000")))
        for _ in range(6)
    ]
    code = one_time_code(office)
    blocked = client.post(PREFIX + "/enrol", content=enrol_request(code))
    clock["now"] = NOON + MINUTE
    later = client.post(PREFIX + "/enrol", content=enrol_request(code))

    assert answers == [(403, "enrolment_code_invalid")] * 5 + [(429, "enrolment_code_invalid")]
    assert blocked.status_code == 429
    assert int(blocked.headers["retry-after"]) <= 60
    assert later.status_code == 200


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"public_key": "zz"}, (401, "signature_invalid")),
        ({"public_key": "00"}, (401, "signature_invalid")),
        ({"protocol": 0}, (426, "version_unsupported")),
    ],
)
def test_an_enrolment_that_makes_no_sense_is_refused(office, client, changes, expected):
    code = one_time_code(office)

    response = client.post(PREFIX + "/enrol", content=enrol_request(code, **changes))

    assert problem(response) == expected


def test_every_terminal_and_life_mints_ids_of_its_own(office):
    issuers = [enrolled_till(office, seed=seed).issuer for seed in range(3)]

    assert len(set(issuers)) == 3
    assert 0 not in issuers


def test_a_terminal_that_is_one_version_ahead_is_understood(line):
    later = {"protocol": 2, "oldest": 1, "app": "2", "epoch": 1, "last_seq": 0, "head": ""}

    response = line.send("POST", "/hello", json.dumps(later | {"hologram": [1, {}]}).encode())

    assert codec.decode(response.content, HelloAnswer).protocol == 1


@pytest.mark.parametrize("oldest", [{}, {"oldest": 2}])
def test_a_terminal_that_is_two_versions_ahead_is_told_what_is_spoken(line, oldest):
    later = {"protocol": 3, "app": "3", "epoch": 1, "last_seq": 0, "head": ""} | oldest

    response = line.send("POST", "/hello", json.dumps(later).encode())

    assert problem(response) == (426, "version_unsupported")
    assert codec.decode(response.content, Problem).facts == {"oldest": 1, "newest": 1}


def test_an_older_protocol_is_told_to_update(line):
    greeting = Hello(protocol=0, app="0", epoch=1, last_seq=0, head="")

    response = line.send("POST", "/hello", codec.encode(greeting))

    assert problem(response) == (426, "version_unsupported")


def test_requests_at_the_same_time_are_all_answered(line):
    member = line.till.member()
    request = LeaseRequest(id=line.till.new_id(), member=member, points=10)
    line.greet()
    statuses = []

    def ask() -> None:
        for _ in range(10):
            statuses.append(line.send("POST", "/leases", codec.encode(request)).status_code)
            statuses.append(line.send("GET", "/pull").status_code)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert statuses == [200] * 120


def test_nothing_is_lent_before_a_life_has_shown_what_it_can_prove(line):
    """Whoever holds a lease that a restore lost is the one who knows of it."""
    member = line.till.member()
    request = codec.encode(LeaseRequest(id=line.till.new_id(), member=member, points=10))

    refused = line.send("POST", "/leases", request)
    assert (refused.status_code, refused.json()["code"]) == (409, "hello_first")

    line.greet()
    assert line.send("POST", "/leases", request).status_code == 200
