"""Bounds on what is believed: bytes, unpacked bytes, and nothing behind the end."""

import pytest

from sync.client import http
from sync.client.outcomes import Offline, ServerFault
from sync.protocol import codec, signing
from tests.client.loopback import says
from tests.client.test_remote import PAGE, SERVER_KEY, outcome_of


def signed_bytes(body, **headers):
    """Whatever these bytes are, the server signed them for this question."""

    def script(request, connection):
        signature = signing.sign_answer(
            SERVER_KEY,
            request_signature=request.headers.get(signing.SIGNATURE.lower(), ""),
            body=body,
        )
        named = {signing.SERVER_SIGNATURE.replace("-", "_"): signature, **headers}
        says(200, body, **named)(request, connection)

    return script


def test_an_answer_without_end_is_not_taken_in(monkeypatch):
    monkeypatch.setattr(http, "ANSWER_BYTES_MAX", 100_000)

    assert outcome_of(Offline, signed_bytes(bytes(100_001))).why == "timeout"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(codec.pack(bytes(33 * 1024 * 1024)), id="a-bomb"),
        pytest.param(codec.pack(codec.encode(PAGE)) + b"behind", id="trailing-bytes"),
        pytest.param(codec.pack(codec.encode(PAGE))[:-3], id="half-a-frame"),
        pytest.param(b"no frame", id="no-frame"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_frame_that_is_not_exactly_one_of_bounded_size_is_trouble_at_the_server(body):
    fault = outcome_of(
        ServerFault,
        signed_bytes(body, Content_Encoding="zstd"),
        ask=lambda server: server.pull(""),
    )

    assert fault.status == 200


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{", b'{"cursor": 5}', b"\xff"])
def test_an_answer_that_is_no_message_is_trouble_at_the_server_even_when_signed(body):
    assert outcome_of(ServerFault, signed_bytes(body)).status == 200
