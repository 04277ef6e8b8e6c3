"""What a refusal must be: this reason, these facts, and nothing recorded."""

from contextlib import contextmanager

import pytest

from sync.programme.refusals import Reason, Refused


@contextmanager
def refuses(reason: Reason, till=None, **facts):
    """The body is refused for `reason`; with a `till`, nothing is recorded on it either."""
    before = till.head if till is not None else 0
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.reason is reason
    assert {name: caught.value.facts.get(name) for name in facts} == facts
    assert till is None or till.head == before
