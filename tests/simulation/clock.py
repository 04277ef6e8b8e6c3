"""Time in a simulation: it passes when the simulation says so, and every till reads it wrongly."""


class Time:
    """The true time, in ms UTC. The server's clock shows it."""

    def __init__(self, now: int) -> None:
        self.now = now

    def pass_by(self, ms: int) -> None:
        self.now += ms


class TillClock:
    """A till's clocks: a wall that may be wrong and be set, and one that runs since its boot."""

    def __init__(self, time: Time, *, ahead_ms: int, boot: int) -> None:
        self.time = time
        self.ahead_ms = ahead_ms
        self.boot = boot
        self._booted = time.now

    def now(self) -> int:
        return self.time.now + self.ahead_ms

    def mono(self) -> int:
        return self.time.now - self._booted

    def reboot(self, boot: int) -> None:
        self.boot = boot
        self._booted = self.time.now
