"""The network of a simulation: loses, doubles, delays, reorders, cuts off, and answers wrongly.

A terminal asks through its own real client; what it sends becomes a packet here. A delayed packet
arrives when others have long overtaken it, and nobody waits for its answer any more.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NoReturn, TypeVar

from sync.client.http import PATIENT, Answer, Connection, Patience
from sync.client.outcomes import Offline, Outcome
from tests.simulation.central import Central, Killed, Packet
from tests.simulation.clock import Time
from tests.simulation.trace import Trace

_LATE_MAX = 12

Said = TypeVar("Said")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How often what goes wrong, in thousandths of all questions."""

    lost: int = 0  # the question never arrives
    unheard: int = 0  # it is done, and the answer is lost
    twice: int = 0  # it arrives again, later
    late: int = 0  # it arrives, when nobody waits any more
    wrong: int = 0  # a captive portal, half an answer, an old one, a gateway's error
    killed: int = 0  # the server dies over it, before or after its commit


CALM = Weather()


class Network:
    """Between all tills and head office."""

    def __init__(self, central: Central, time: Time, chance: random.Random, trace: Trace) -> None:
        self.central = central
        self._time = time
        self._chance = chance
        self._trace = trace
        self.weather = CALM
        self.cut_off: set[str] = set()
        self._late: list[tuple[str, Packet]] = []
        self._heard: dict[str, Answer] = {}
        self.questions = 0
        self.meanwhile: Callable[[], None] | None = None

    def carry(self, till: str, packet: Packet, patience: Patience) -> Answer:
        """Bring a question to the server and its answer back; raises Offline."""
        self.questions += 1
        self._time.pass_by(self._chance.randrange(5, 120))
        if self.meanwhile is not None:
            self.meanwhile()
        if till in self.cut_off:
            raise Offline("unreachable")
        fate = self._fate()
        self._trace.note(till, packet.method, packet.target.partition("?")[0], fate)
        self._trace.bytes(packet.target, packet.body)
        if fate == "lost":
            self._wait_in_vain(patience)
        if fate in ("twice", "late"):
            self._late.append((till, packet))
        if fate == "late":
            self._wait_in_vain(patience)
        answer = self._answer(packet, fate)
        if fate == "unheard":
            raise Offline("half")
        if fate == "wrong":
            answer = self._spoilt(till, answer)
        self._heard[till] = answer
        self._trace.bytes(str(answer.status), answer.body)
        return answer

    def deliver_late(self, count: int = 1) -> None:
        """Let delayed packets arrive, in any order; nobody hears the answers."""
        for _ in range(min(count, len(self._late))):
            till, packet = self._late.pop(self._chance.randrange(len(self._late)))
            answer = self._answer(packet, "")
            self._trace.note(till, "late", packet.target.partition("?")[0], answer.status)
        if len(self._late) > _LATE_MAX:
            self.deliver_late(len(self._late) - _LATE_MAX)

    def deliver_all(self) -> None:
        self.deliver_late(len(self._late))

    def _fate(self) -> str:
        weather, at = self.weather, self._chance.randrange(1000)
        for name in ("lost", "unheard", "twice", "late", "wrong", "killed"):
            at -= getattr(weather, name)
            if at < 0:
                return name
        return "well"

    def _answer(self, packet: Packet, fate: str) -> Answer:
        if fate != "killed":
            return self.central.answer(packet)
        try:
            with self.central.dying(self._chance.randrange(1, 4)):
                self.central.answer(packet)
        except Killed:
            self._trace.note("server killed before a commit")
        self.central.restart()
        raise Offline("half")

    def _wait_in_vain(self, patience: Patience) -> None:
        self._time.pass_by(round(patience.read * 1000))
        raise Offline("timeout")

    def _spoilt(self, till: str, answer: Answer) -> Answer:
        kind = self._chance.randrange(5)
        if kind == 0:
            return Answer(200, {"content-type": "text/html"}, b"<html>Entre com seu CPF</html>")
        if kind == 1:
            return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        if kind == 2:
            return self._heard.get(till, answer)
        if kind == 3:
            return Answer(503, {"retry-after": "2"}, b"")
        return Answer(429, {"retry-after": "1", "content-type": "text/plain"}, b"slow down")


class Line(Connection):
    """A till's end of the network: what its client takes for a connection."""

    def __init__(self, network: Network, till: str) -> None:
        super().__init__("http://127.0.0.1", monotonic=lambda: 0.0)
        self._network = network
        self._till = till

    def ask(
        self,
        method: str,
        target: str,
        body: bytes,
        headers: Mapping[str, str],
        patience: Patience = PATIENT,
    ) -> Answer:
        sent = {"accept-encoding": "zstd", **{name.lower(): v for name, v in headers.items()}}
        return self._network.carry(self._till, Packet(method, target, body, sent), patience)

    def ahead(self, ask: Callable[[], Said]) -> Callable[[], Said]:
        """Ask at once, so that a run repeats itself; what came of it is told when it is waited for.

        What happens meanwhile so happens before a page that came earlier is kept.
        """
        try:
            said = ask()
        except Outcome as fault:
            return partial(_raised, fault)
        return lambda: said

    def close(self) -> None:
        """There is nothing to close."""


def _raised(fault: Exception) -> NoReturn:
    raise fault
