"""Compares what a window paints with the drawn target, item by item.

It guarantees that a screen passes only when words, fonts, colours and places of the target are all
there, nothing else is painted, and nothing painted is covered, cut or written over.
"""

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QRectF

from tests.ui.likeness import icon_files, most_like
from tests.ui.recording import Picture, Recording, Shape, Text, plain, rgb
from tests.ui.target import (
    BOX_AREA,
    PICTURE_SIDE,
    TARGETS,
    Target,
    WantedBox,
    WantedIcon,
    WantedLine,
    WantedText,
    place,
)

W = TypeVar("W")
P = TypeVar("P")

LEFT_PX = 3.0
WIDTH_PX = 3.0
BASELINE_PX = 2.0
EDGE_PX = 3.0
RADIUS_PX = 2.0
ICON_PX = 2.0
ICON_SHADE = 2
MOST_DIFFERENCES = 0.02
WEIGHTS = {400, 500, 600, 700}


@dataclass(frozen=True, slots=True)
class Miss:
    """One thing that is not as drawn: its name in the differences file, and what is wrong."""

    item: str
    why: str

    def __str__(self) -> str:
        return f"{self.item}: {self.why}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the differences file leaves open after a comparison."""

    unlisted: list[Miss]
    matching_after_all: list[str]
    too_many: bool

    @property
    def holds(self) -> bool:
        return not (self.unlisted or self.matching_after_all or self.too_many)

    def __str__(self) -> str:
        lines = [str(miss) for miss in self.unlisted]
        lines += [
            f"{item}: listed as different, but it matches" for item in self.matching_after_all
        ]
        if self.too_many:
            lines.append("more than 2 % of the items are listed as different")
        return "\n".join(lines)


def compare(painted: Recording, target: Target) -> list[Miss]:
    """Every way in which the painted window differs from the target."""
    misses = _compare_texts(painted.texts, target.texts)
    misses += _compare_boxes(painted.shapes, target.boxes)
    misses += _compare_lines(painted.shapes, target.lines)
    misses += _compare_icons(painted.pictures, target.icons)
    return misses + audit(painted)


def audit(painted: Recording) -> list[Miss]:
    """Faults that need no target: texts covered, cut or written over each other."""
    return _covered(painted) + _cut(painted) + _overlapping(painted.texts)


def settle(misses: list[Miss], screen: str, theme: str, count: int) -> Verdict:
    """Sets the misses against the differences file, which must name each of them and no other."""
    listed = {
        entry["item"]: entry["reason"]
        for entry in _differences()
        if entry["screen"] == screen and theme in entry["themes"]
    }
    found = {miss.item for miss in misses}
    return Verdict(
        unlisted=[miss for miss in misses if not listed.get(miss.item)],
        matching_after_all=[item for item in listed if item not in found],
        too_many=len(listed) > count * MOST_DIFFERENCES,
    )


def _differences() -> list[dict[str, Any]]:
    content = tomllib.loads((TARGETS / "differences.toml").read_text(encoding="utf-8"))
    return list(content.get("difference", []))


def _compare_texts(painted: list[Text], wanted: list[WantedText]) -> list[Miss]:
    def apart(want: WantedText, text: Text) -> float | None:
        if plain(text.words) != want.words:
            return None
        return abs(text.x - want.x) + abs(text.baseline - want.baseline)

    pairs, missing, extra = _paired(wanted, painted, apart)
    misses = [Miss(want.name, "not painted") for want in missing]
    misses += [Miss(_text_name(text), "painted, but not drawn") for text in extra]
    for want, text in pairs:
        faults = _text_faults(want, text)
        if faults:
            misses.append(Miss(want.name, ", ".join(faults)))
    return misses


def _text_faults(want: WantedText, text: Text) -> list[str]:
    checks = [
        ("family", text.family, "Inter", text.family == "Inter"),
        ("px", text.px, want.px, text.px == want.px),
        (
            "weight",
            text.weight,
            want.weight,
            text.weight == want.weight and text.weight in WEIGHTS,
        ),
        ("colour", text.color, want.color, text.color == want.color),
        ("alpha", text.alpha, want.alpha, abs(text.alpha - want.alpha) <= 0.02),
        ("left", text.x, want.x, abs(text.x - want.x) <= LEFT_PX),
        ("width", text.width, want.width, abs(text.width - want.width) <= WIDTH_PX),
        (
            "baseline",
            text.baseline,
            want.baseline,
            abs(text.baseline - want.baseline) <= BASELINE_PX,
        ),
    ]
    return [f"{name} {got} for {wish}" for name, got, wish, fine in checks if not fine]


def _compare_boxes(shapes: list[Shape], wanted: list[WantedBox]) -> list[Miss]:
    def apart(want: WantedBox, shape: Shape) -> float | None:
        off = _edges_off(shape.rect, want.rect)
        if off > EDGE_PX or not _fill_fits(shape, want):
            return None
        if abs(shape.radius - want.radius) > RADIUS_PX or not _border_fits(shape, want, shapes):
            return None
        return off

    filled = [want for want in wanted if want.fill is not None]
    misses = []
    _, missing, _ = _paired(filled, [s for s in shapes if s.fill is not None], apart)
    misses += [Miss(want.name, _box_hint(want, shapes)) for want in missing]
    for want in wanted:
        if want.fill is None and want.border is not None:
            sides = [_side_painted(shapes, want, side) for side in ("left", "top")]
            if not all(sides):
                misses.append(Miss(want.name, "outline not painted"))
    return misses


def _fill_fits(shape: Shape, want: WantedBox) -> bool:
    return shape.fill is not None and rgb(shape.fill) == want.fill and shape.fill.alpha() == 255


def _border_fits(shape: Shape, want: WantedBox, shapes: list[Shape]) -> bool:
    if want.border is None or want.border == want.fill:
        foreign = shape.pen is not None and rgb(shape.pen) != want.fill
        return not foreign and not _framed(shapes, want)
    if shape.pen is not None:
        return rgb(shape.pen) == want.border
    return all(_side_painted(shapes, want, side) for side in ("left", "top"))


def _framed(shapes: list[Shape], want: WantedBox) -> bool:
    """True when thin strips of one foreign colour lie on the left and the top edge of the box."""
    colors = []
    for side in ("left", "top"):
        strips = [s for s in shapes if s.fill is not None and _strip_on(s, want.rect, side)]
        colors.append({rgb(s.fill) for s in strips if s.fill is not None} - {want.fill})
    return bool(colors[0] & colors[1])


def _side_painted(shapes: list[Shape], want: WantedBox, side: str) -> bool:
    """True when the border colour lies on this side: as a strip, a stroke or a frame below."""
    for shape in shapes:
        fill = rgb(shape.fill) if shape.fill is not None else None
        pen = rgb(shape.pen) if shape.pen is not None else None
        same_place = _edges_off(shape.rect, want.rect) <= EDGE_PX
        if want.border == fill and (_strip_on(shape, want.rect, side) or same_place):
            return True
        if want.border == pen and same_place:
            return True
    return False


def _strip_on(shape: Shape, rect: QRectF, side: str) -> bool:
    """True when the shape is a thin bar along the middle of one side, no longer than the side."""
    bar = shape.rect
    if side == "left":
        thin, near = bar.width() <= 3, abs(bar.left() - rect.left()) <= EDGE_PX
        middle = rect.center().y()
        spans = bar.top() <= middle <= bar.bottom() and bar.height() <= rect.height() + 2 * EDGE_PX
    else:
        thin, near = bar.height() <= 3, abs(bar.top() - rect.top()) <= EDGE_PX
        middle = rect.center().x()
        spans = bar.left() <= middle <= bar.right() and bar.width() <= rect.width() + 2 * EDGE_PX
    return thin and near and spans


def _box_hint(want: WantedBox, shapes: list[Shape]) -> str:
    """Names the nearest painted shape, so that a failing run can be read without a picture."""
    solid = [shape for shape in shapes if shape.fill is not None]
    if not solid:
        return "no filled shape at all"
    near = min(solid, key=lambda shape: _edges_off(shape.rect, want.rect))
    fill = rgb(near.fill) if near.fill is not None else None
    wish = f"fill {want.fill}, border {want.border}, radius {want.radius:.0f}"
    return f"wanted {wish}; nearest {place(near.rect)} fill {fill} radius {near.radius:.1f}"


def _compare_lines(shapes: list[Shape], wanted: list[WantedLine]) -> list[Miss]:
    thin = [s for s in shapes if s.fill is not None and min(s.rect.width(), s.rect.height()) <= 3]

    def apart(want: WantedLine, shape: Shape) -> float | None:
        off = _edges_off(shape.rect, want.rect)
        same = shape.fill is not None and rgb(shape.fill) == want.color
        return off if same and off <= EDGE_PX else None

    _, missing, _ = _paired(wanted, thin, apart)
    return [Miss(want.name, f"no line in {want.color}") for want in missing]


def _compare_icons(pictures: list[Picture], wanted: list[WantedIcon]) -> list[Miss]:
    small = [p for p in pictures if max(p.rect.width(), p.rect.height()) <= PICTURE_SIDE]

    def apart(want: WantedIcon, picture: Picture) -> float | None:
        off = _edges_off(picture.rect, want.rect)
        return off if off <= 4 * ICON_PX else None

    pairs, missing, extra = _paired(wanted, small, apart)
    misses = [Miss(want.name, "not painted") for want in missing]
    misses += [Miss(f"icon {place(p.rect)}", "painted, but not drawn") for p in extra]
    for want, picture in pairs:
        faults = _icon_faults(want, picture)
        if faults:
            misses.append(Miss(want.name, ", ".join(faults)))
    return misses


def _icon_faults(want: WantedIcon, picture: Picture) -> list[str]:
    got = picture.rect
    faults = []
    moved = max(abs(got.x() - want.rect.x()), abs(got.y() - want.rect.y()))
    grown = max(abs(got.width() - want.rect.width()), abs(got.height() - want.rect.height()))
    if moved > ICON_PX or grown > ICON_PX:
        faults.append(f"at {place(got)}")
    if any(abs(a - b) > ICON_SHADE for a, b in zip(picture.color, want.color, strict=True)):
        faults.append(f"colour {picture.color} for {want.color}")
    if want.shape and most_like(picture.image) not in icon_files(want.shape):
        faults.append(f"looks like {most_like(picture.image).stem}")
    return faults


def _covered(painted: Recording) -> list[Miss]:
    misses = []
    for text in painted.texts:
        middle = text.middle
        above: list[Shape | Picture] = [s for s in painted.shapes if s.order > text.order]
        above += [p for p in painted.pictures if p.order > text.order]
        if any(thing.covers(middle) for thing in above):
            misses.append(Miss(_text_name(text), "covered"))
    return misses


def _cut(painted: Recording) -> list[Miss]:
    misses = []
    for text in painted.texts:
        room = text.clip.adjusted(-1, -1, 1, 1)
        if not room.contains(text.ink):
            misses.append(Miss(_text_name(text), f"cut: {place(text.ink)} in {place(room)}"))
    boxes = [("box", s) for s in painted.shapes if s.rect.width() * s.rect.height() > BOX_AREA]
    for kind, thing in [*boxes, *(("icon", picture) for picture in painted.pictures)]:
        room = thing.clip.adjusted(-2, -2, 2, 2)
        if not room.contains(thing.rect):
            misses.append(Miss(f"{kind} {place(thing.rect)}", f"cut: seen in {place(room)}"))
    return misses


def _overlapping(texts: list[Text]) -> list[Miss]:
    misses = []
    for index, text in enumerate(texts):
        for other in texts[index + 1 :]:
            both = text.ink.intersected(other.ink)
            if both.width() > 1 and both.height() > 1:
                misses.append(Miss(_text_name(text), f"written over by '{other.words}'"))
    return misses


def _paired(
    wanted: Iterable[W], painted: Iterable[P], apart: Callable[[W, P], float | None]
) -> tuple[list[tuple[W, P]], list[W], list[P]]:
    """Pairs nearest first, each once; `apart` is None where two items can never be a pair."""
    left, right = list(wanted), list(painted)
    distances = []
    for i, want in enumerate(left):
        for j, paint in enumerate(right):
            distance = apart(want, paint)
            if distance is not None:
                distances.append((distance, i, j))
    pair_of: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(distances):
        if i not in pair_of and j not in taken:
            pair_of[i] = j
            taken.add(j)
    pairs = [(left[i], right[j]) for i, j in pair_of.items()]
    missing = [want for i, want in enumerate(left) if i not in pair_of]
    return pairs, missing, [paint for j, paint in enumerate(right) if j not in taken]


def _edges_off(got: QRectF, want: QRectF) -> float:
    """The largest distance between equal edges of two rectangles."""
    return max(
        abs(got.left() - want.left()),
        abs(got.top() - want.top()),
        abs(got.right() - want.right()),
        abs(got.bottom() - want.bottom()),
    )


def _text_name(text: Text) -> str:
    return f"text '{text.words}' {text.x:.0f},{text.baseline:.0f}"
