"""What a file or a network can bring in: a refusal by name at worst."""

import pytest

from sync.programme.receipt_xml import read_receipt_xml
from sync.programme.refusals import Refused
from sync.protocol import codec, events, messages, signing
from sync.protocol.chain import chain, check_batch, open_batch, seal_batch
from tests.fuzz.mutations import COUNT, blobs
from tests.programme.receipt_builder import make_invoice, make_sat
from tests.programme.test_member_token import KEY

PARTS = [0, 1]
SHARE = COUNT // len(PARTS)

ACCRUAL = events.AccrualEvent(
    id="0190a0b0c0d0e0f00102030405060708",
    seq=1,
    at=1_790_000_000_000,
    mono_ms=5,
    boot=7,
    offset_ms=0,
    staff=3,
    rules="0011223344556677",
    member=99,
    amount=8_640,
    forecast=129,
)
LINES = (
    events.encode(ACCRUAL),
    b'{"kind":"void","seq":2,"of":"0190"}',
    b'{"kind":"newer","seq":3}',
)
HASHES = chain(bytes(32), LINES)
BATCH = seal_batch(key=KEY, from_seq=1, previous=bytes(32), head=HASHES[-1], bodies=LINES)
MESSAGES = (
    messages.Hello(protocol=1, app="1", epoch=1, last_seq=9, head="00" * 32),
    messages.PushAnswer(epoch=1, last_seq=9, head="00" * 32, signature="x", now=1),
    messages.PullAnswer(cursor="x", more=False, epoch=1, acked_seq=2, now=3, gone=(1,)),
    messages.LeaseRequest(id="00" * 16, member=1, points=2),
    messages.LeaseClosing(leases=("00" * 16,), last_seq=4),
    messages.EnrolRequest(code="x", public_key="00" * 32, name="Caixa 2", protocol=1),
    messages.Person(name="Ana", phone="11988887777"),
)


def unless_refused(parse, *given, **named) -> None:
    try:
        parse(*given, **named)
    except Refused:
        return


@pytest.mark.parametrize("part", PARTS)
def test_no_broken_receipt_file_surprises_its_reader(part: int) -> None:
    for data in blobs([make_invoice().encode(), make_sat()], part=part, count=SHARE):
        unless_refused(read_receipt_xml, data)


def test_no_broken_message_surprises_either_side() -> None:
    samples = [codec.encode(one) for one in MESSAGES]
    kinds = [type(one) for one in MESSAGES]
    for number, body in enumerate(blobs(samples, part=10)):
        unless_refused(codec.decode, body, kinds[number % len(kinds)])


def test_no_broken_event_surprises_the_server() -> None:
    for body in blobs(LINES, part=20):
        unless_refused(events.decode, body)


def test_no_broken_batch_is_taken_for_a_whole_one() -> None:
    key = KEY.public_key().public_bytes_raw()
    for body in blobs([BATCH], part=30):
        try:
            batch = open_batch(body)
            check_batch(batch, key)
        except Refused:
            continue
        assert (batch.bodies, batch.from_seq) == (LINES, 1), body


def test_no_broken_frame_surprises_the_unpacker_or_grows_beyond_its_limit() -> None:
    samples = [codec.pack(BATCH), codec.pack(b"0" * 1_000_000), codec.pack(b"")]
    for frame in blobs(samples, part=40):
        try:
            assert len(codec.unpack(frame, limit=4_096)) <= 4_096
        except Refused:
            continue


def test_no_broken_header_is_taken_for_a_signature() -> None:
    sent = signing.sign_request(KEY, terminal=1, method="POST", target="/x", body=b"y", now=10_000)
    good = [sent[signing.TIME].encode(), sent[signing.SIGNATURE].encode()]
    key = KEY.public_key().public_bytes_raw()
    for value in blobs(good, part=50, count=COUNT // 2):
        text = value.decode("latin-1")
        for name in (signing.TIME, signing.SIGNATURE):
            if text == sent[name]:
                continue
            headers = {at.lower(): one for at, one in (sent | {name: text}).items()}
            with pytest.raises(Refused):
                signing.check_request(
                    key, headers=headers, method="POST", target="/x", body=b"y", now=10_000
                )
