"""Frames: a zstd body is one frame, whole, with nothing behind it, and no larger than its bound."""

import pytest
import zstandard

from sync.programme.refusals import Reason, Refused
from sync.protocol import codec

BODY = b"many words, " * 1_000
ANNOUNCED = codec.pack(BODY)


def unannounced(body: bytes) -> bytes:
    """A frame that does not say how large it is, as who packs a stream makes it."""
    packing = zstandard.ZstdCompressor(write_content_size=False)
    return packing.compress(body)


def refusal_of(frame: bytes, *, limit: int = len(BODY)) -> Refused:
    with pytest.raises(Refused) as refused:
        codec.unpack(frame, limit=limit)
    return refused.value


@pytest.mark.parametrize("frame", [ANNOUNCED, unannounced(BODY)], ids=["announced", "unannounced"])
def test_a_frame_is_unpacked_up_to_the_limit_and_not_beyond(frame):
    assert codec.unpack(frame, limit=len(BODY)) == BODY

    refused = refusal_of(frame, limit=len(BODY) - 1)

    assert refused.reason is Reason.BATCH_TOO_LARGE
    assert refused.facts == {"limit": len(BODY) - 1}


def test_an_empty_body_is_a_frame_too():
    assert codec.unpack(codec.pack(b""), limit=0) == b""


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"no frame at all", id="no-frame"),
        pytest.param(ANNOUNCED[:-1], id="cut"),
        pytest.param(ANNOUNCED + b"x", id="a-byte-behind-it"),
        pytest.param(ANNOUNCED + codec.pack(b"more"), id="another-frame-behind-it"),
        pytest.param(ANNOUNCED + codec.pack(b""), id="an-empty-frame-behind-it"),
        pytest.param(ANNOUNCED + ANNOUNCED[:1], id="a-frame-begun-behind-it"),
        pytest.param(ANNOUNCED + bytes.fromhex("502a4d1800000000"), id="a-frame-to-skip-behind-it"),
        pytest.param(unannounced(BODY)[:-1], id="unannounced-and-cut"),
        pytest.param(unannounced(BODY) + b"x", id="unannounced-and-a-byte-behind-it"),
        pytest.param(codec.pack(b"") + ANNOUNCED, id="an-empty-frame-before-it"),
    ],
)
def test_what_is_not_one_whole_frame_is_refused(frame):
    assert refusal_of(frame, limit=10 * len(BODY)).reason is Reason.BATCH_UNREADABLE
