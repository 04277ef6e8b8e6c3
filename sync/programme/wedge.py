"""Telling a code reader that types from a person who types.

A keyboard-wedge reader is a very fast typist. Keys come in with their own times and physical
places; bursts of them go out as scanned codes or as typing. Content comes first and timing second:
a whole signed code is a scan at any reader's speed, a short number never is one. The one thing
guaranteed: every key belongs to exactly one burst, and every burst ends in exactly one decision.
"""

import re
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sync.programme.keyboard_layout import us_character
from sync.programme.scan_router import (
    MAX_LENGTH,
    Unknown,
    is_command,
    is_product,
    is_strong,
    route,
)

# Milliseconds. A reader over radio stalls, so a burst that has proved fast may pause longer.
_FAST_MEDIAN = 35
_FAST_ALMOST_ALL = 100
_READER_MEDIAN = 80
_PAUSE_EARLY = 150
_PAUSE_SOME = 250
_PAUSE_FAST = 1500
_TAIL = 100
# Gaps between characters. The shortest card of the command sheet has four: `LD!F1`.
_FEWEST, _FEWEST_UNENDED, _FEWEST_OF_COMMAND = 5, 7, 4
_REPEAT = 2000

_TERMINATORS = "\r\n\t"
_GROUP_SEPARATOR = "\x1d"
_SLOW_CODE = re.compile(r"[0-9]{13}")


@dataclass(frozen=True, slots=True)
class Key:
    """One key going down, without repeats of a held key.

    `t_ms` is when it happened, not when it was handled. `text` is what the computer's layout makes
    of it, empty for dead keys and keys without a character. `key_code` is the physical key in
    Linux's numbering, 0 where unknown.
    """

    t_ms: float
    text: str
    key_code: int = 0
    shift: bool = False


@dataclass(frozen=True, slots=True)
class Scanned:
    """The burst was a code. `strong`: its content alone proves it."""

    text: str
    strong: bool


@dataclass(frozen=True, slots=True)
class Typed:
    """The burst was a person."""

    text: str


@dataclass(frozen=True, slots=True)
class Pending:
    """The key belongs to a burst that closes at `deadline_ms` unless another key comes first.

    `slow`: the pace so far is a person's.
    """

    deadline_ms: float
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Tail:
    """The key is the rest of a scan's line end; it means nothing to anybody."""


Decision: TypeAlias = Scanned | Typed | Pending | Tail


class WedgeReader:
    """Bursts of keys in, decisions out. `prefix` is the reader's start mark, "" when it has none.

    What follows a start mark is a scan, whatever its speed.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._keys: list[Key] = []
        self._gaps: list[float] = []
        self._marked = False
        self._last_ms = float("-inf")
        self._scan_ended_ms = float("-inf")

    def press(self, key: Key) -> tuple[Decision, ...]:
        """Take one key; return what it decided, oldest burst first.

        A last `Pending` says that the key waits in a burst. No decision at all says that the key is
        none of the reader's business.
        """
        before = self.expire() if key.t_ms > self._deadline() else ()
        if self._prefix and key.text == self._prefix:
            return before + self._start_marked(key.t_ms)
        if key.text and key.text in _TERMINATORS:
            return before + self._end_line(key.t_ms)
        if not _has_character(key):
            return before + self._close(ended=False)
        if self._keys:
            insort(self._gaps, key.t_ms - self._last_ms)
        self._keys.append(key)
        self._last_ms = key.t_ms
        if len(self._keys) >= MAX_LENGTH:
            return before + self._close(ended=False)
        return (*before, Pending(self._deadline(), self._is_slow()))

    def expire(self) -> tuple[Decision, ...]:
        """Close the burst because its deadline has passed."""
        return self._close(ended=False)

    def takes_line_end(self, t_ms: float) -> bool:
        """True when a line end at `t_ms` would be part of a scan; nothing changes by asking."""
        if not self._keys:
            return t_ms - self._scan_ended_ms <= _TAIL
        return isinstance(_decided(self._keys, self._gaps, True, self._marked), Scanned)

    def _start_marked(self, t_ms: float) -> tuple[Decision, ...]:
        closed = self._close(ended=False)
        self._marked, self._last_ms = True, t_ms
        return (*closed, Pending(self._deadline()))

    def _end_line(self, t_ms: float) -> tuple[Decision, ...]:
        if not self._keys and not self._marked:
            return (Tail(),) if self.takes_line_end(t_ms) else ()
        decisions = self._close(ended=True)
        if any(isinstance(decision, Scanned) for decision in decisions):
            self._scan_ended_ms = t_ms
        return decisions

    def _deadline(self) -> float:
        """When the open burst closes by itself; never, when there is none."""
        if self._marked:
            return self._last_ms + _PAUSE_FAST
        if not self._keys:
            return float("inf")
        count = len(self._keys)
        if count < 3 or self._is_slow():
            return self._last_ms + _PAUSE_EARLY
        # From 200 characters on the longest code is complete: no need to wait for more.
        patient = 8 <= count < 200
        return self._last_ms + (_PAUSE_FAST if patient else _PAUSE_SOME)

    def _is_slow(self) -> bool:
        return len(self._gaps) > 1 and _share(self._gaps, 0.5) > _READER_MEDIAN

    def _close(self, *, ended: bool) -> tuple[Decision, ...]:
        keys, gaps, marked = self._keys, self._gaps, self._marked
        self._keys, self._gaps, self._marked = [], [], False
        return (_decided(keys, gaps, ended, marked),) if keys else ()


class RepeatGuard:
    """Says when a code is only the echo of the one before: the same text within two seconds."""

    def __init__(self) -> None:
        self._text = ""
        self._at_ms = float("-inf")

    def is_repeat(self, text: str, t_ms: float) -> bool:
        """True for an echo; otherwise `text` becomes the code that may echo."""
        if text == self._text and t_ms - self._at_ms < _REPEAT:
            return True
        self._text, self._at_ms = text, t_ms
        return False


def _has_character(key: Key) -> bool:
    """Dead keys count: they have a place, though no text."""
    if key.text:
        return key.text.isprintable() or key.text == _GROUP_SEPARATOR
    return us_character(key.key_code, key.shift) is not None


def _decided(keys: Sequence[Key], gaps: Sequence[float], ended: bool, marked: bool) -> Decision:
    seen = "".join(key.text for key in keys)
    struck = "".join(us_character(key.key_code, key.shift) or key.text for key in keys)
    strong = [text for text in (seen, struck) if is_strong(text)]
    if strong and (marked or _share(gaps, 0.5) <= _READER_MEDIAN):
        return Scanned(strong[0], True)
    fewest = _FEWEST_OF_COMMAND if is_command(seen) or is_command(struck) else _FEWEST
    if marked or _is_fast(gaps, ended, fewest) or _is_slow_reader(seen, gaps, ended):
        known = [text for text in (seen, struck) if not isinstance(route(text), Unknown)]
        return Scanned(known[0] if known else seen, False)
    return Typed(seen)


def _is_fast(gaps: Sequence[float], ended: bool, fewest: int) -> bool:
    """No person keeps this pace over six characters and Enter, or over eight.

    `fewest` gaps are enough before a line end.
    """
    if len(gaps) < (fewest if ended else _FEWEST_UNENDED):
        return False
    return _share(gaps, 0.5) <= _FAST_MEDIAN and _share(gaps, 0.9) <= _FAST_ALMOST_ALL


def _is_slow_reader(text: str, gaps: Sequence[float], ended: bool) -> bool:
    """A product code at a steady pace: the same whether it was read or typed."""
    if not (ended and _SLOW_CODE.fullmatch(text) and is_product(text)):
        return False
    median = _share(gaps, 0.5)
    return median <= _READER_MEDIAN and gaps[-1] <= 2.2 * median + 10


def _share(gaps: Sequence[float], share: float) -> float:
    """The gap that this share of the sorted `gaps` stays within; without limit for none."""
    return gaps[int(share * (len(gaps) - 1))] if gaps else float("inf")
