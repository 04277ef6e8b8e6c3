"""The bench cannot rot: its quick run measures everything there is, on a small till.

Figures of a quick run say nothing, so no ratio is looked at; what needs no floor and no quiet
machine is.
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.bench.table import Row, at_least, at_most, growth, without_goal

ROOT = Path(__file__).resolve().parents[1]
FIELDS = {"name", "unit", "value", "floor", "ratio", "goal", "holds"}


def test_every_measurement_can_still_be_made_and_what_needs_no_quiet_machine_holds(tmp_path):
    """All at once: a minute that no second process should spend again."""
    rows, printed = quick_run(tmp_path / "rows.json")

    assert [row["name"] for row in rows if row["goal"].startswith("not measured")] == []
    for part in ("wire", "push", "fill", "visit", "syncs", "look-up", "search", "first window"):
        assert any(part in row["name"] for row in rows), part
    for part in ("resident memory", "scan", "F10"):
        assert any(part in row["name"] for row in rows), part
    # The file holds the rows that were printed.
    assert all(row.keys() == FIELDS for row in rows)
    assert all(isinstance(row["holds"], bool) for row in rows)
    assert all(row["name"] in printed for row in rows)
    # Each visit costs exactly one sync of the disk, and an event the bytes that it may cost.
    (syncs,) = [row for row in rows if row["name"].startswith("syncs of a visit")]
    assert syncs["value"] == 1
    assert syncs["holds"]
    wire = [row for row in rows if row["name"].startswith("wire")]
    assert len(wire) == 2
    assert all(row["holds"] for row in wire), wire


def quick_run(file):
    """The rows of a quick run, and what it printed."""
    finished = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--json", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode in (0, 1), finished.stderr
    return json.loads(file.read_text(encoding="utf-8")), finished.stdout


def test_a_goal_is_judged_by_the_ratio_where_there_is_one():
    slow = Row(name="a", unit="µs", value=30.0, floor=10.0, ratio=3.0)

    assert not at_most(slow, 2.5).holds
    assert at_least(slow, 2.5).holds
    assert at_most(Row(name="b", unit="ms", value=2.0), 2.5).goal == "≤ 2.5 ms"
    assert without_goal(at_most(slow, 2.5)).holds


def test_growth_asks_how_much_worse_a_ratio_is_whichever_way_is_worse():
    less = [at_most(Row(name="a", unit="µs", value=1, floor=1, ratio=r), 9) for r in (1.0, 1.4)]
    more = [at_least(Row(name="b", unit="µs", value=1, floor=1, ratio=r), 0) for r in (0.5, 0.4)]

    (worse,) = growth(less[:1], less[1:])
    (near,) = growth(more[:1], more[1:])

    assert (round(worse.ratio, 2), worse.holds) == (1.4, False)
    assert (round(near.ratio, 2), near.holds) == (1.25, True)
