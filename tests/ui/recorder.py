"""A paint device that writes down what a window really paints, without looking at pixels.

It guarantees one thing: whatever a widget paints (labels, rich text, line edits, own paint) is
listed in painting order with device coordinates, resolved font, colour and the clip it stood in.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QLineF, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontInfo,
    QFontMetricsF,
    QImage,
    QPaintDevice,
    QPaintEngine,
    QPaintEngineState,
    QPainter,
    QPainterPath,
    QPainterPathStroker,
    QPen,
    QPixmap,
    QPolygonF,
    QTextItem,
    QTransform,
)
from PySide6.QtWidgets import QWidget

from tests.ui.recording import Picture, Recording, Rgb, Shape, Text, rgb


def record(window: QWidget) -> Recording:
    """Paints the window once into a recording; the window must have its final size."""
    window.ensurePolished()
    device = _Device(window.size().width(), window.size().height())
    painter = QPainter(device)
    try:
        window.render(painter, QPoint())
    finally:
        painter.end()
    return device.engine.recording


class _Engine(QPaintEngine):
    """Receives every primitive after clipping and transforms have been announced."""

    def __init__(self) -> None:
        super().__init__(QPaintEngine.PaintEngineFeature.AllFeatures)
        self.recording = Recording()
        self.order = 0
        self.pen = QPen(Qt.PenStyle.NoPen)
        self.brush_color: QColor | None = None
        self.transform = QTransform()
        self.opacity = 1.0
        self.user_clip: QRectF | None = None

    def type(self) -> QPaintEngine.Type:
        return QPaintEngine.Type.User

    def begin(self, device: QPaintDevice) -> bool:
        self.setActive(True)
        return True

    def end(self) -> bool:
        self.setActive(False)
        return True

    def updateState(self, state: QPaintEngineState) -> None:
        flag = QPaintEngine.DirtyFlag
        dirty = state.state()
        if dirty & flag.DirtyPen:
            self.pen = QPen(state.pen())
        if dirty & flag.DirtyBrush:
            brush = state.brush()
            solid = brush.style() != Qt.BrushStyle.NoBrush
            self.brush_color = QColor(brush.color()) if solid else None
        if dirty & flag.DirtyTransform:
            self.transform = QTransform(state.transform())
        if dirty & flag.DirtyOpacity:
            self.opacity = state.opacity()
        if dirty & (flag.DirtyClipPath | flag.DirtyClipRegion | flag.DirtyClipEnabled):
            self._clip(state)

    def _clip(self, state: QPaintEngineState) -> None:
        flag = QPaintEngine.DirtyFlag
        dirty = state.state()
        operation = state.clipOperation()
        if operation == Qt.ClipOperation.NoClip:
            self.user_clip = None
            return
        if dirty & flag.DirtyClipPath:
            rect = self.transform.mapRect(state.clipPath().boundingRect())
        elif dirty & flag.DirtyClipRegion:
            rect = self.transform.mapRect(QRectF(state.clipRegion().boundingRect()))
        else:
            return
        if operation == Qt.ClipOperation.IntersectClip and self.user_clip is not None:
            rect = rect.intersected(self.user_clip)
        self.user_clip = rect

    def _clip_rect(self) -> QRectF:
        device = self.paintDevice()
        whole = QRectF(0, 0, device.width(), device.height())
        system = self.systemClip()
        if not system.isEmpty():
            whole = QRectF(system.boundingRect())
        return whole if self.user_clip is None else whole.intersected(self.user_clip)

    def _next(self) -> int:
        self.order += 1
        return self.order

    def _shape(self, path: QPainterPath, *, filled: bool = True, stroked: bool = True) -> None:
        fill = _faded(self.brush_color, self.opacity) if filled else None
        visible_pen = stroked and self.pen.style() != Qt.PenStyle.NoPen
        pen = _faded(self.pen.color(), self.opacity) if visible_pen else None
        if fill is None and pen is None:
            return
        width = max(self.pen.widthF(), 1.0) if pen is not None else 0.0
        shape = Shape(self.transform.map(path), fill, pen, width, self._next(), self._clip_rect())
        if shape.rect.intersects(shape.clip):
            self.recording.shapes.append(shape)

    def drawPath(self, path: QPainterPath) -> None:
        self._shape(path)

    def drawRects(self, rects: Any, *_: Any) -> None:
        for rect in _listed(rects):
            path = QPainterPath()
            path.addRect(QRectF(rect))
            self._shape(path)

    def drawEllipse(self, rect: QRectF | QRect) -> None:
        path = QPainterPath()
        path.addEllipse(QRectF(rect))
        self._shape(path)

    def drawPolygon(self, points: Any, *rest: Any) -> None:
        mode = rest[-1] if rest else QPaintEngine.PolygonDrawMode.OddEvenMode
        path = QPainterPath()
        polygon = QPolygonF([QPointF(point) for point in _listed(points)])
        path.addPolygon(polygon)
        line = mode == QPaintEngine.PolygonDrawMode.PolylineMode
        if not line:
            path.closeSubpath()
        self._shape(path, filled=not line)

    def drawLines(self, lines: Any, *_: Any) -> None:
        if self.pen.style() == Qt.PenStyle.NoPen:
            return
        for line in _listed(lines):
            self._line(QLineF(line))

    def _line(self, line: QLineF) -> None:
        path = QPainterPath(line.p1())
        path.lineTo(line.p2())
        stroker = QPainterPathStroker(self.pen)
        if self.pen.widthF() < 1:
            stroker.setWidth(1)
        outline = self.transform.map(stroker.createStroke(path))
        color = _faded(self.pen.color(), self.opacity)
        if color is not None:
            self.recording.shapes.append(
                Shape(outline, color, None, 0.0, self._next(), self._clip_rect())
            )

    def drawPoints(self, points: Any, *_: Any) -> None:
        """Points carry no geometry worth comparing."""

    def drawPixmap(self, target: QRectF, pixmap: QPixmap, source: QRectF) -> None:
        self._picture(target, pixmap.toImage(), source)

    def drawImage(
        self,
        target: QRectF,
        image: QImage,
        source: QRectF,
        flags: Qt.ImageConversionFlag = Qt.ImageConversionFlag.AutoColor,
    ) -> None:
        self._picture(target, image, source)

    def drawTiledPixmap(self, target: QRectF, pixmap: QPixmap, point: QPointF) -> None:
        self._picture(target, pixmap.toImage(), QRectF(pixmap.rect()))

    def _picture(self, target: QRectF, image: QImage, source: QRectF) -> None:
        shown = image.copy(source.toRect())
        color = _main_color(shown)
        if color is None:
            return
        rect = self.transform.mapRect(target)
        self.recording.pictures.append(
            Picture(rect, color, self.opacity, shown, self._next(), self._clip_rect())
        )

    def drawTextItem(self, point: QPointF, item: QTextItem) -> None:
        raw = item.text().replace("\u00a0", " ").replace("\u202f", " ")
        words = raw.strip()
        if not words or self.pen.style() == Qt.PenStyle.NoPen:
            return
        font = item.font()
        metrics = QFontMetricsF(font)
        before = metrics.horizontalAdvance(raw[: len(raw) - len(raw.lstrip())])
        after = metrics.horizontalAdvance(raw[len(raw.rstrip()) :])
        origin = self.transform.map(point + QPointF(before, 0))
        color = self.pen.color()
        info = QFontInfo(font)
        text = Text(
            words=words,
            x=origin.x(),
            baseline=origin.y(),
            width=item.width() - before - after,
            px=info.pixelSize(),
            weight=int(font.weight()),
            family=info.family(),
            color=rgb(color),
            alpha=round(color.alphaF() * self.opacity, 3),
            cap=metrics.capHeight(),
            descent=metrics.descent() * 0.8 if set(words) & set("gjpqyç,;()Q") else 1.0,
            reach=origin.x() - before + item.width(),
            order=self._next(),
            clip=self._clip_rect(),
        )
        self._joined(text, start=origin.x() - before)

    def _joined(self, text: Text, start: float) -> None:
        """Appends the run, or lengthens the previous one when shaping only cut it in two."""
        texts = self.recording.texts
        last = texts[-1] if texts else None
        if last is not None and _continues(last, text, start):
            space = text.x - last.x - last.width > 1
            last.words = f"{last.words}{' ' if space else ''}{text.words}"
            last.width = text.x + text.width - last.x
            last.reach = text.reach
            last.order = text.order
            last.descent = max(last.descent, text.descent)
            return
        texts.append(text)


class _Device(QPaintDevice):
    """A sheet of the window's size whose engine writes instead of drawing."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self._width, self._height = width, height
        self.engine = _Engine()

    def paintEngine(self) -> QPaintEngine:
        return self.engine

    def metric(self, metric: QPaintDevice.PaintDeviceMetric) -> int:
        names = QPaintDevice.PaintDeviceMetric
        values = {
            names.PdmWidth: self._width,
            names.PdmHeight: self._height,
            names.PdmWidthMM: round(self._width / 96 * 25.4),
            names.PdmHeightMM: round(self._height / 96 * 25.4),
            names.PdmNumColors: 16_777_216,
            names.PdmDepth: 32,
            names.PdmDevicePixelRatio: 1,
            names.PdmDevicePixelRatioScaled: int(QPaintDevice.devicePixelRatioFScale()),
        }
        return values.get(metric, 96)


def _continues(last: Text, text: Text, start: float) -> bool:
    """True when the run starts exactly where the last one ended, in the same font and colour."""
    same = (last.px, last.weight, last.color, last.alpha, last.family) == (
        text.px,
        text.weight,
        text.color,
        text.alpha,
        text.family,
    )
    touching = abs(start - last.reach) < 0.6 and abs(last.baseline - text.baseline) < 0.6
    return same and touching and text.order == last.order + 1


def _faded(color: QColor | None, opacity: float) -> QColor | None:
    """The colour with the painter's opacity in its alpha; None where nothing would be seen."""
    if color is None:
        return None
    faded = QColor(color)
    faded.setAlphaF(color.alphaF() * opacity)
    return faded if faded.alpha() > 0 else None


def _main_color(image: QImage) -> Rgb | None:
    """The most frequent colour of pixels that are clearly visible; None for an empty image."""
    argb = image.convertToFormat(QImage.Format.Format_ARGB32)
    data = bytes(argb.constBits())
    counts = Counter(
        (data[i + 2], data[i + 1], data[i]) for i in range(0, len(data), 4) if data[i + 3] > 100
    )
    return counts.most_common(1)[0][0] if counts else None


def _listed(values: Any) -> Sequence[Any]:
    """The binding hands over one value or a sequence, by overload."""
    return values if isinstance(values, list | tuple) else [values]
