"""An event loop in a thread of its own, for what only a loop can wait for."""

import asyncio
import threading
from collections.abc import Coroutine
from functools import cache
from typing import TypeVar

_Said = TypeVar("_Said")


def waited_for(act: Coroutine[object, object, _Said]) -> _Said:
    """Return what an act comes to; others may wait for theirs at the same time."""
    return asyncio.run_coroutine_threadsafe(act, _loop()).result(60)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop
