"""The drills of `tests/long/drills.py`, small: each on real processes, in seconds."""

import os
import random
from functools import partial

import pytest

from tests.long import drills

SMALL = {
    "server_restored": partial(drills.server_restored, acts=15),
    "data_folder_copied": partial(drills.data_folder_copied, acts=15),
    "old_ledger_put_back": partial(drills.old_ledger_put_back, acts=15),
    "server_killed": partial(drills.server_killed, kills=3, acts=10),
    "ninety_days_offline": partial(drills.ninety_days_offline, events=3_000, kills=3),
}


def test_every_drill_is_played_here():
    assert SMALL.keys() == drills.DRILLS.keys()


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a matter of POSIX")
@pytest.mark.parametrize("drill", SMALL.values(), ids=SMALL)
def test_nothing_is_doubled_missing_or_stuck_after(drill):
    with drills.a_folder() as folder:
        figures = drill(folder, random.SystemRandom().getrandbits(32))

    assert (figures["duplicates"], figures["missing"], figures["stuck"]) == (0, 0, 0)
    if drill is SMALL["data_folder_copied"]:
        assert 0 < figures["loss"] <= figures["loss at most"]
    else:
        assert figures["loss"] == 0
