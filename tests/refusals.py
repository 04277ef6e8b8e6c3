"""Acts that are refused: with which reason, and with which facts."""

from collections.abc import Callable

import pytest

from sync.programme.refusals import Reason, Refused


def refusal(act: Callable, *arguments: object, **options: object) -> tuple[Reason, dict]:
    """Do what has to be refused; return the reason and its facts."""
    with pytest.raises(Refused) as refused:
        act(*arguments, **options)
    return refused.value.reason, refused.value.facts


def reason(act: Callable, *arguments: object, **options: object) -> Reason:
    """Do what has to be refused; return the reason alone."""
    return refusal(act, *arguments, **options)[0]
