"""The stream of news: a word when there is something to pull, and nothing that outlives its use."""

import queue
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from sync.client import http
from sync.client.outcomes import Offline, Outdated, Rejected, ServerFault
from sync.client.schedule import Listening
from sync.client.stream import News, NewsStream
from sync.programme.refusals import Reason
from sync.protocol import signing
from tests.client.central import central
from tests.client.loopback import hangs_up, peer, says
from tests.client.test_remote import IDENTITY, KEY, NOON, PORTAL, SERVER_KEY, refusing
from tests.client.till import a_till, wall


class Ear:
    """A till's open stream: what was heard, with the time of it, and how it ended."""

    def __init__(self, till):
        self.heard = queue.Queue()
        self.ended = queue.Queue()
        self.stream = NewsStream(
            till.url,
            identity=till.ledger.known,
            key=till.keys.signing_key,
            wall=wall,
            monotonic=time.monotonic,
            offset_ms=0,
        )
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    def _listen(self):
        try:
            self.stream.listen(lambda news: self.heard.put((time.monotonic(), news)))
            self.ended.put(None)
        except (Offline, ServerFault, Outdated, Rejected) as outcome:
            self.ended.put(outcome)

    def next(self, timeout=10):
        _, news = self.heard.get(timeout=timeout)
        return news if news.kind != "ping" else self.next(timeout)

    def close(self):
        self.stream.close()
        self.thread.join(timeout=10)
        assert not self.thread.is_alive()


@contextmanager
def ear(till):
    opened = Ear(till)
    try:
        yield opened
    finally:
        opened.close()


def test_the_first_word_is_where_the_last_pull_came_to(till):
    head = till.engine.round().head

    with ear(till) as opened:
        assert opened.next() == News("head", head)


def test_what_one_till_records_is_news_for_the_other_at_once(till, shared_server, tmp_path):
    with a_till(tmp_path / "other", shared_server) as other:
        member = till.somebody()
        other.engine.round()
        with ear(other) as opened:
            opened.next()
            till.credit(member, 5)
            till.engine.round()

            news = opened.next()

            before = other.points(member)
            assert news.kind == "head"
            assert other.engine.round().head == news.head
            assert other.points(member) == before + 5


def test_a_terminal_has_seen_the_news_that_it_made_itself(till):
    member = till.somebody()
    with ear(till) as opened:
        opened.next()
        till.credit(member, 5)

        report = till.engine.round()

        assert opened.next().head == report.head


def test_a_lease_is_news_of_its_own(till, shared_server):
    member = till.somebody()
    till.credit(member, 50)
    till.engine.round()
    with ear(till) as opened:
        opened.next()
        till.borrow(member, 20)

        assert opened.next().kind == "lease"


def test_whoever_listens_twice_hears_once(till):
    with ear(till) as first:
        first.next()
        with ear(till) as second:
            assert isinstance(first.ended.get(timeout=10), Offline)
            second.next()


def test_a_listener_can_be_ended_at_once_from_another_thread(till):
    opened = Ear(till)
    opened.next()
    began = time.monotonic()

    opened.close()

    assert opened.ended.get_nowait() is None
    assert time.monotonic() - began < 2
    opened.stream.close()


def test_what_is_changed_by_another_process_is_news_within_seconds(till, shared_server):
    head = till.engine.round().head
    with ear(till) as opened:
        opened.next()
        shared_server.write("UPDATE feed_heads SET head = head + 1 WHERE scope = 'stock:1'")

        assert opened.next().head > head


def test_a_server_that_stops_ends_its_streams_and_waits_for_nobody(tmp_path):
    with (
        central(tmp_path) as server,
        a_till(tmp_path / "till", server) as till,
        ear(till) as opened,
    ):
        opened.next()
        began = time.monotonic()

        server.stop()

        assert time.monotonic() - began < 3
        assert isinstance(opened.ended.get(timeout=10), Offline)


def test_a_terminal_that_is_blocked_is_told_so_and_then_refused(tmp_path):
    with central(tmp_path) as server, a_till(tmp_path / "till", server) as till:
        with ear(till) as opened:
            opened.next()
            server.write("UPDATE terminals SET state = 1")
            assert opened.next().kind == "revoke"
            assert isinstance(opened.ended.get(timeout=10), Offline)
        with ear(till) as opened:
            rejected = opened.ended.get(timeout=10)
            assert rejected.refused.reason is Reason.TERMINAL_REVOKED


# --- What is not the server ----------------------------------------------------------------------


def stream_at(url):
    return NewsStream(
        url, identity=IDENTITY, key=KEY, wall=lambda: NOON, monotonic=time.monotonic, offset_ms=0
    )


def streaming(*parts, key=SERVER_KEY):
    """A stream that begins as the server's does, says `parts` and hangs up."""

    def script(request, connection):
        signature = signing.sign_answer(
            key, request_signature=request.headers[signing.SIGNATURE.lower()], body=b""
        )
        head = f"HTTP/1.1 200 OK\r\n{signing.SERVER_SIGNATURE}: {signature}\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        for part in parts:
            connection.sendall(part)

    return script


def heard_from(script):
    heard = []
    with peer(script) as here, pytest.raises(Offline) as raised:
        stream_at(here.url).listen(heard.append)
    return heard, raised.value.why


def test_events_are_read_however_they_are_cut():
    whole = b"event: head\ndata: 7\n\nevent: ping\r\ndata:\r\n\r\nevent: lease\ndata: 9\n\n"

    heard, why = heard_from(streaming(*(bytes([one]) for one in whole)))

    assert heard == [News("head", 7), News("ping", 0), News("lease", 9)]
    assert why == "half"


def test_events_of_later_versions_and_comments_are_left_out():
    heard, _ = heard_from(
        streaming(
            b": hello\n\nevent: hologram\ndata: 3\nid: 4\n\nevent: head\ndata: 5\nretry: 1\n\n"
        )
    )

    assert heard == [News("head", 5)]


def test_a_number_that_is_none_is_still_news():
    assert heard_from(streaming(b"event: head\ndata: soon\n\n"))[0] == [News("head", 0)]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        pytest.param(says(200, PORTAL), "captive", id="a-portal"),
        pytest.param(streaming(key=KEY), "captive", id="signed-by-another"),
        pytest.param(streaming(b"x" * 5_000), "captive", id="a-line-without-end"),
        pytest.param(hangs_up, "half", id="hangs-up"),
    ],
)
def test_what_is_not_the_servers_stream_is_offline(script, why):
    assert heard_from(script) == ([], why)


def test_a_refusal_without_end_is_not_taken_in(monkeypatch):
    monkeypatch.setattr(http, "ANSWER_BYTES_MAX", 100_000)

    assert heard_from(says(503, bytes(100_001))) == ([], "timeout")


def test_whoever_stops_listening_hears_no_more_of_what_has_come():
    heard = []
    with peer(streaming(b"event: head\ndata: 1\n\nevent: head\ndata: 2\n\n")) as here:
        stream = stream_at(here.url)

        def hear(news):
            heard.append(news)
            stream.close()

        stream.listen(hear)

    assert heard == [News("head", 1)]


def test_a_refusal_instead_of_a_stream_is_named():
    with peer(refusing("terminal_revoked", status=403)) as here, pytest.raises(Rejected) as raised:
        stream_at(here.url).listen(lambda news: None)

    assert raised.value.refused.reason is Reason.TERMINAL_REVOKED


def test_silence_is_a_dead_line(monkeypatch):
    monkeypatch.setattr("sync.client.stream.SILENCE_S", 0.3)

    def silent(request, connection):
        streaming(b"event: head\ndata: 1\n\n")(request, connection)
        connection.settimeout(5)
        try:
            connection.recv(1)
        except OSError:
            return

    heard, why = heard_from(silent)

    assert (heard, why) == ([News("head", 1)], "timeout")


def test_nobody_there_is_offline():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(Offline) as raised:
        stream_at(f"http://127.0.0.1:{port}").listen(lambda news: None)

    assert raised.value.why == "unreachable"


# --- When to listen again ------------------------------------------------------------------------


def test_a_stream_that_ends_early_twice_is_left_alone_for_minutes():
    listening = Listening(lambda: 0.5)

    assert listening.after(3) == 1
    assert listening.after(3) == 225
    assert listening.after(3) == 1


def test_a_stream_that_lived_is_opened_again_at_once_but_not_by_all_at_the_same_time():
    waits = {Listening(lambda chance=n / 10: chance).after(60) for n in range(10)}

    assert (len(waits), max(waits) < 2) == (10, True)
    listening = Listening(lambda: 0.5)
    assert [listening.after(lived) for lived in (3, 60, 3)] == [1, 1, 1]
