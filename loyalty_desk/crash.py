"""Faults: what nobody expected goes into the log, without anything about a person.

The log is one JSON object a line, kept in five files of 2 MB. It names events, ids and places in
the code, never a value: the text of an exception can hold what was typed, so it stays out.
"""

import json
import logging
import re
import sys
import threading
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

_FILE_BYTES, _FILES = 2_000_000, 5
_FIELDS = ("terminal", "event", "seq", "count", "status", "code", "ms", "where", "fault")
_DIGITS = re.compile(r"\d{8,}")

log = logging.getLogger("loyalty_desk")


class JsonLines(logging.Formatter):
    """Writes allow-listed fields only; long runs of digits are masked."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line: dict[str, object] = {
            "ts": round(record.created, 3),
            "level": record.levelname.lower(),
            "what": _DIGITS.sub("…", record.msg),
        }
        for name in _FIELDS:
            value = getattr(record, name, None)
            if value is not None:
                line[name] = _DIGITS.sub("…", value) if isinstance(value, str) else value
        return json.dumps(line, ensure_ascii=False)


def watch(path: Path) -> None:
    """Log to `path` and have every unexpected fault of every thread end up there."""
    handler = RotatingFileHandler(path, maxBytes=_FILE_BYTES, backupCount=_FILES - 1, delay=True)
    handler.setFormatter(JsonLines())
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
    sys.excepthook = _on_fault
    threading.excepthook = lambda args: _on_fault(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )


def _on_fault(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(trace)]
    log.error("fault", extra={"fault": kind.__name__, "where": " > ".join(places[-8:])})
    sys.__excepthook__(kind, fault, trace)
