"""What was once said can be read for ever, and what a later version says can be read already.

The files in tests/data/wire were recorded from the first version. They are never changed: a message
that grew gets new lines, and the old ones must go on meaning the same.
"""

import base64
import json
from pathlib import Path

import msgspec
import pytest

from sync.client.stream import _news_in
from sync.programme.refusals import Reason, Refused
from sync.protocol import chain, codec, columns, events, messages, signing

HERE = Path(__file__).resolve().parents[1] / "data" / "wire"
RECORDED = [
    json.loads(line)
    for line in (HERE / "messages-1.jsonl").read_text(encoding="utf-8").splitlines()
]
BYTES = json.loads((HERE / "bytes-1.json").read_text(encoding="utf-8"))

each_message = pytest.mark.parametrize(
    "line", RECORDED, ids=[f"{number}-{line['message']}" for number, line in enumerate(RECORDED)]
)


def kind_of(line):
    name = line["message"]
    return getattr(messages, name, None) or getattr(events, name)


def decoded(body, kind):
    return codec.decode(msgspec.json.encode(body), kind)


def within(old, new):
    """Say whether all that `old` says is said by `new`, at the same places."""
    if isinstance(old, dict):
        return all(name in new and within(value, new[name]) for name, value in old.items())
    if isinstance(old, list):
        return len(old) <= len(new) and all(map(within, old, new))
    return old == new


@each_message
def test_a_message_of_the_first_version_means_what_it_meant(line):
    read = decoded(line["body"], kind_of(line))

    assert read == decoded(msgspec.to_builtins(read), kind_of(line))
    spoken = {name: getattr(read, name) for name in read.__struct_fields__}
    body = line["body"]
    if isinstance(body, list):
        assert within(body, msgspec.to_builtins(list(spoken.values())))
    else:
        assert within({name: v for name, v in body.items() if name != "kind"}, _plain(spoken))


def _plain(value):
    return msgspec.to_builtins(value)


@each_message
def test_fields_of_a_later_version_are_not_minded(line):
    read = decoded(line["body"], kind_of(line))

    assert decoded(_grown(line["body"]), kind_of(line)) == read


def _grown(body):
    """The body as a later version might say it: more fields, wherever there can be some."""
    if isinstance(body, dict):
        kept = {name: _grown(value) for name, value in body.items() if name not in _MAPS}
        kept |= {name: value for name, value in body.items() if name in _MAPS}
        return kept if "key" in body else kept | {"hologram": {"depth": [1, None, "x"]}}
    return body


# Rows within lists grow at their end; what a refusal counts is no field of ours.
_MAPS = {"facts"}


def test_rows_of_a_later_version_have_more_at_their_end_that_is_not_minded():
    rows = [line for line in RECORDED if isinstance(line["body"], list)]

    assert {line["message"] for line in rows} >= {"MemberRow", "LeaseRow", "StaffRow", "StockRow"}
    for line in rows:
        kind, body = kind_of(line), line["body"]
        whole = _plain([getattr(decoded(body, kind), n) for n in kind.__struct_fields__])
        assert decoded([*whole, {"more": 1}, "x"], kind) == decoded(body, kind)


def test_a_list_that_this_version_does_not_know_is_left_out_of_a_page():
    page = next(line for line in RECORDED if line["message"] == "PullAnswer")["body"]

    read = decoded(page | {"coupons": [[1, "x"], {"a": 2}]}, messages.PullAnswer)

    assert read == decoded(page, messages.PullAnswer)


def test_an_event_of_a_kind_that_is_not_known_yet_is_named_as_such():
    later = {"kind": "transfer", "id": "ab" * 16, "seq": 4, "to": 9}

    with pytest.raises(Refused) as refused:
        events.decode(msgspec.json.encode(later))

    assert refused.value.reason is Reason.EVENT_KIND_UNKNOWN


def test_a_recorded_batch_opens_and_its_chain_and_signature_hold():
    frame = base64.b64decode(BYTES["packed_batch"])
    body = codec.unpack(frame, limit=chain.BATCH_BYTES_MAX)
    assert body == base64.b64decode(BYTES["batch"])

    batch = chain.open_batch(body)
    hashes = chain.check_batch(batch, bytes.fromhex(BYTES["terminal_key"]))

    key = bytes.fromhex(BYTES["terminal_key"])
    first = chain.first_hash(terminal=3, incarnation=1, public_key=key)
    assert first.hex() == BYTES["first_hash"]
    assert [one.hex() for one in hashes] == BYTES["hashes"]
    assert all(events.decode(one) for one in batch.bodies)
    assert len(batch.sealed) == 1


def test_recorded_signatures_hold():
    request, server = BYTES["request"], bytes.fromhex(BYTES["server_key"])
    headers = {name.lower(): value for name, value in request["headers"].items()}
    signing.check_request(
        bytes.fromhex(BYTES["terminal_key"]),
        headers=headers,
        method=request["method"],
        target=request["target"],
        body=base64.b64decode(BYTES["packed_batch"]),
        now=request["now"],
    )
    signing.check_answer(
        server,
        signature=BYTES["answer"]["signature"],
        request_signature=request["headers"][signing.SIGNATURE],
        body=BYTES["answer"]["body"].encode(),
    )
    ack = BYTES["acknowledgement"]
    part = signing.ack_part(
        **{name: ack[name] for name in ("terminal", "incarnation", "epoch", "seq")},
        head=bytes.fromhex(ack["head"]),
    )
    signing.check_ack(server, signature=ack["signature"], part=part)
    signing.check_manifest(
        server,
        signature=BYTES["manifest"]["signature"],
        manifest=BYTES["manifest"]["body"].encode(),
    )


def test_a_recorded_part_of_a_first_copy_and_stream_are_read():
    row = next(line for line in RECORDED if line["message"] == "MemberRow")["body"]

    rows = columns.unpack_rows(base64.b64decode(BYTES["chunk"]))

    assert rows == [decoded(row, messages.MemberRow)] * 2
    heard = list(_news_in(iter([BYTES["stream"].encode()])))
    assert [(news.kind, news.head) for news in heard] == [
        ("head", 7),
        ("ping", 0),
        ("lease", 9),
        ("revoke", 0),
    ]


# --- Columns -------------------------------------------------------------------------------------


def a_row(number):
    row = next(line for line in RECORDED if line["message"] == "MemberRow")["body"]
    return decoded([number, *row[1:]], messages.MemberRow)


def frame_of(wide):
    return codec.pack(msgspec.json.encode(wide))


def wide_of(rows):
    return [list(column) for column in zip(*map(msgspec.structs.astuple, rows), strict=True)]


def test_rows_in_columns_are_the_rows():
    rows = [a_row(number) for number in range(1, 50)]

    assert columns.unpack_rows(columns.pack_rows(rows)) == rows


def test_columns_of_a_later_version_are_left_out_and_missing_ones_have_defaults():
    rows = [a_row(1), a_row(2)]
    wide = wide_of(rows)

    assert columns.unpack_rows(frame_of([*wide, [{"x": 1}, None]])) == rows
    fewer = columns.unpack_rows(frame_of(wide[:20]))
    assert [row.id for row in fewer] == [1, 2]
    assert all((row.day, row.taken, row.bonus) == ("", (), ()) for row in fewer)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda wide: wide[:3], id="too-few-columns"),
        pytest.param(lambda wide: [*wide[:4], wide[4][:1], *wide[5:]], id="a-short-column"),
        pytest.param(lambda wide: [*wide[:4], ["x", "y"], *wide[5:]], id="another-type"),
        pytest.param(lambda wide: {"columns": wide}, id="another-shape"),
    ],
)
def test_columns_that_cannot_be_rows_are_refused(spoil):
    with pytest.raises(Refused) as refused:
        columns.unpack_rows(frame_of(spoil(wide_of([a_row(1), a_row(2)]))))

    assert refused.value.reason is Reason.BATCH_UNREADABLE
