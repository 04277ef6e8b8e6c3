"""Compares what a page paints with the drawn target, by the rule that the desk's screens obey."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

TARGETS = Path(__file__).parents[1] / "mockups"
Item = dict[str, Any]

LEFT, WIDTH, BASELINE, EDGE, RADIUS, ICON = 3.0, 3.0, 2.0, 3.0, 2.0, 2.0
BOX_AREA, LINE_LENGTH, PICTURE = 400.0, 40.0, 60.0
# Only the clock may be compared by its shape.
SECONDS = re.compile(r"(Novo código em )\d+( s)")


def target(screen: str, theme: str) -> dict[str, list[Item]]:
    """The drawn items of a screen."""
    ending = ".dark.json" if theme == "dark" else ".json"
    drawn = json.loads((TARGETS / f"{screen}{ending}").read_text(encoding="utf-8"))
    drawn["boxes"] = [box for box in drawn["boxes"] if box["w"] * box["h"] > BOX_AREA]
    drawn["lines"] = [line for line in drawn["lines"] if max(line["w"], line["h"]) >= LINE_LENGTH]
    drawn["icons"] = [icon for icon in drawn["icons"] if icon["w"] <= PICTURE]
    return drawn


def count(drawn: dict[str, list[Item]]) -> int:
    """How many items a target has."""
    return sum(len(drawn[kind]) for kind in ("texts", "boxes", "lines", "icons"))


def compare(seen: dict[str, list[Item]], drawn: dict[str, list[Item]]) -> list[str]:
    """Every way in which a page differs from its target."""
    icons = [icon for icon in seen["icons"] if icon["w"] <= PICTURE]
    lines = [line for line in seen["lines"] if max(line["w"], line["h"]) >= LINE_LENGTH]
    return [
        *_kind("text", seen["texts"], drawn["texts"], _text_faults, _same_words, only_these=True),
        *_kind("box", seen["boxes"], drawn["boxes"], _box_faults, _same_fill),
        *_kind("line", lines, drawn["lines"], _line_faults, lambda a, b: True),
        *_kind("icon", icons, drawn["icons"], _icon_faults, lambda a, b: True, only_these=True),
        *(f"text '{t['text']}' is covered" for t in seen["texts"] if t["covered"]),
        *(f"text '{t['text']}' is cut" for t in seen["texts"] if t["cut"]),
    ]


def name(kind: str, item: Item) -> str:
    """How an item is called in a report."""
    if kind == "text":
        return f"text '{item['text']}' {item['x']:.0f},{item['baseline']:.0f}"
    return f"{kind} {item['x']:.0f},{item['y']:.0f} {item['w']:.0f}x{item['h']:.0f}"


def _kind(
    kind: str,
    seen: list[Item],
    drawn: list[Item],
    faults_of: Callable[[Item, Item], list[str]],
    may_pair: Callable[[Item, Item], bool],
    *,
    only_these: bool = False,
) -> list[str]:
    """Pairs nearest first, each once; what is left over on either side is a miss."""
    distances = sorted(
        (_apart(kind, want, got), i, j)
        for i, want in enumerate(drawn)
        for j, got in enumerate(seen)
        if may_pair(want, got)
    )
    pair_of: dict[int, int] = {}
    for apart, i, j in distances:
        if i not in pair_of and j not in pair_of.values() and apart < 40:
            pair_of[i] = j
    misses = []
    for i, want in enumerate(drawn):
        if i not in pair_of:
            misses.append(f"{name(kind, want)}: not painted")
        elif faults := faults_of(want, seen[pair_of[i]]):
            misses.append(f"{name(kind, want)}: {', '.join(faults)}")
    if only_these:
        extra = [got for j, got in enumerate(seen) if j not in pair_of.values()]
        misses += [f"{name(kind, got)}: painted, but not drawn" for got in extra]
    return misses


def _apart(kind: str, want: Item, got: Item) -> float:
    if kind == "text":
        return abs(want["x"] - got["x"]) + abs(want["baseline"] - got["baseline"])
    return max(abs(want[side] - got[side]) for side in ("x", "y", "w", "h"))


def _same_words(want: Item, got: Item) -> bool:
    return _plain(want["text"]) == _plain(got["text"])


def _plain(text: str) -> str:
    return SECONDS.sub(r"\1…\2", text.replace("\u00a0", " "))


def _same_fill(want: Item, got: Item) -> bool:
    return want["fill"] == got["fill"]


def _text_faults(want: Item, got: Item) -> list[str]:
    faults = [
        f"{key} {got[key]} for {want[key]}"
        for key in ("px", "weight", "color")
        if got[key] != want[key]
    ]
    if not got["family"].startswith("Inter"):
        faults.append(f"family {got['family']}")
    for key, far in (("x", LEFT), ("w", WIDTH), ("baseline", BASELINE)):
        if abs(got[key] - want[key]) > far:
            faults.append(f"{key} {got[key]:.1f} for {want[key]}")
    return faults


def _box_faults(want: Item, got: Item) -> list[str]:
    faults = _edges(want, got)
    short = min(want["w"], want["h"]) / 2
    if abs(min(got["radius"], short) - min(want["radius"], short)) > RADIUS:
        faults.append(f"radius {got['radius']} for {want['radius']}")
    if (got["border"] or [0, ""])[1] != (want["border"] or [0, ""])[1]:
        faults.append(f"border {got['border']} for {want['border']}")
    return faults


def _line_faults(want: Item, got: Item) -> list[str]:
    wrong = [] if got["color"] == want["color"] else [f"colour {got['color']}"]
    return _edges(want, got) + wrong


def _icon_faults(want: Item, got: Item) -> list[str]:
    faults = [
        f"{key} {got[key]:.1f} for {want[key]}"
        for key in ("x", "y", "w", "h")
        if abs(got[key] - want[key]) > ICON
    ]
    if got["color"] != want["color"]:
        faults.append(f"colour {got['color']} for {want['color']}")
    if not _bare(got["shape"]).startswith(_bare(re.sub(r">?<(/\w*)?$", "", want["shape"]))):
        faults.append(f"looks otherwise: {got['shape'][:60]}")
    return faults


def _edges(want: Item, got: Item) -> list[str]:
    edges = {
        "left": got["x"] - want["x"],
        "top": got["y"] - want["y"],
        "right": got["x"] + got["w"] - want["x"] - want["w"],
        "bottom": got["y"] + got["h"] - want["y"] - want["h"],
    }
    return [f"{side} off by {off:.1f}" for side, off in edges.items() if abs(off) > EDGE]


def _bare(markup: str) -> str:
    return re.sub(r"\s|/(?=>)|></\w+(?=>)", "", markup)
