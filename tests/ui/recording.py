"""What a window painted, as values: texts, shapes, pictures.

Guarantees that everything is in device coordinates and carries the clip it was painted under.
"""

from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainterPath

Rgb = tuple[int, int, int]


@dataclass(slots=True)
class Text:
    """One painted run of words, trimmed of spaces at both ends; lengths in pixels.

    `reach` is where the run ended before its last spaces were trimmed.
    """

    words: str
    x: float
    baseline: float
    width: float
    px: int
    weight: int
    family: str
    color: Rgb
    alpha: float
    cap: float
    descent: float
    reach: float
    order: int
    clip: QRectF

    @property
    def middle(self) -> QPointF:
        return QPointF(self.x + self.width / 2, self.baseline - self.cap / 2)

    @property
    def ink(self) -> QRectF:
        """Where glyphs of this run may stand: cap height above, descent below the baseline."""
        return QRectF(self.x, self.baseline - self.cap, self.width, self.cap + self.descent)


@dataclass(slots=True)
class Shape:
    """One painted path with its fill or its stroke (or both)."""

    path: QPainterPath
    fill: QColor | None
    pen: QColor | None
    pen_width: float
    order: int
    clip: QRectF

    @property
    def rect(self) -> QRectF:
        """The outer edge, half a pen outside the path when it is stroked."""
        half = self.pen_width / 2 if self.pen is not None else 0.0
        return self.path.boundingRect().adjusted(-half, -half, half, half)

    @property
    def radius(self) -> float:
        """Corner radius of a rounded rectangle, from the area its corners leave out."""
        bounds = self.path.boundingRect()
        missing = bounds.width() * bounds.height() - area(self.path)
        half = self.pen_width / 2 if self.pen is not None else 0.0
        return (max(missing, 0.0) / (4 - 3.141592653589793)) ** 0.5 + (half if missing > 1 else 0)

    def covers(self, point: QPointF) -> bool:
        """True when a solid fill of this shape lies on the point."""
        if self.fill is None or self.fill.alpha() < 255:
            return False
        return self.clip.contains(point) and self.path.contains(point)


@dataclass(slots=True)
class Picture:
    """One painted pixmap: its place, and its most frequent well visible colour."""

    rect: QRectF
    color: Rgb
    alpha: float
    image: QImage
    order: int
    clip: QRectF

    def covers(self, point: QPointF) -> bool:
        """True when a solid pixel of this picture lies on the point."""
        if not (self.rect.contains(point) and self.clip.contains(point)):
            return False
        across = (point.x() - self.rect.x()) / self.rect.width() * self.image.width()
        down = (point.y() - self.rect.y()) / self.rect.height() * self.image.height()
        return self.image.pixelColor(int(across), int(down)).alpha() == 255


@dataclass(slots=True)
class Recording:
    """All that one window painted, in order."""

    texts: list[Text] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)

    def words(self) -> list[str]:
        return [text.words for text in self.texts]


def area(path: QPainterPath) -> float:
    """The area a path encloses, in square pixels."""
    total = 0.0
    for polygon in path.toSubpathPolygons():
        points = polygon.toList()
        pairs = zip(points, points[1:] + points[:1], strict=True)
        total += abs(sum(a.x() * b.y() - b.x() * a.y() for a, b in pairs)) / 2
    return total


def rgb(color: QColor) -> Rgb:
    """The three channels of a colour."""
    return color.red(), color.green(), color.blue()


def plain(words: str) -> str:
    """Words with every kind of space made an ordinary one, as the eye reads them."""
    return words.replace("\u00a0", " ").replace("\u202f", " ").strip()
