"""Agreeing on a version: this one, the one before and the one after; no further."""

import pytest

from sync.programme.refusals import Reason, Refused
from sync.protocol import version


@pytest.mark.parametrize(
    ("newest", "oldest", "agreed"),
    [(1, 0, 1), (1, 1, 1), (2, 0, 1), (2, 1, 1), (3, 1, 1)],
)
def test_both_sides_use_the_newest_version_that_both_speak(newest, oldest, agreed):
    assert version.agree(newest, oldest) == agreed


@pytest.mark.parametrize(("newest", "oldest"), [(0, 0), (3, 0), (3, 2), (2, 2), (-1, 0)])
def test_without_a_common_version_the_answer_says_what_is_spoken(newest, oldest):
    with pytest.raises(Refused) as refused:
        version.agree(newest, oldest)

    assert refused.value.reason is Reason.VERSION_UNSUPPORTED
    assert refused.value.facts == {"oldest": 1, "newest": 1}


def test_between_neighbours_something_is_always_spoken(monkeypatch):
    for ours, theirs in ((n, m) for n in range(2, 9) for m in range(2, 9)):
        monkeypatch.setattr(version, "CURRENT", ours)
        monkeypatch.setattr(version, "OLDEST", ours - 1)
        if abs(ours - theirs) <= 1:
            assert version.agree(theirs, theirs - 1) == version.agree(theirs) == min(ours, theirs)
            assert version.is_spoken(min(ours, theirs))
        else:
            with pytest.raises(Refused):
                version.agree(theirs)
            assert not version.is_spoken(theirs)
