"""Practice: look at places of a copy with planted errors, and hear what was missed.

The dialog has a copy of the labels and the pictures of the video, and no project: what
is answered here changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.labels import Label
from app.kit.painting import painting
from app.kit.plural import plural
from app.playback.player import Player
from app.state.current_video import CurrentVideo
from app.views.review.strip_pictures import StripPictures
from skelseg_core.labels.classes import LabelMap
from skelseg_core.review.practice import (
    Answer,
    ErrorKind,
    Planted,
    Practice,
    PracticePlace,
    PracticeResult,
    result_of,
)

N_PICTURES = 8
"""Pictures of a row; rows show the start, the inside and the end."""
STEP_S = 0.1
"""Seconds between two pictures around a boundary."""
DOUBLE_MS = 200
"""Milliseconds for which a place says nothing yet: it was a double press or click."""
GAP_PX, STRIPE_PX, HEAD_PX = 3, 6, 18
_WRONG_KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Backspace, Qt.Key.Key_X)
_RIGHT_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PlacePictures(QWidget):
    """Three rows of pictures of one place, with the class of each frame below it.

    Signals ``shown`` when the last picture is there.
    """

    shown = Signal()

    def __init__(
        self,
        practice: Practice,
        label_map: LabelMap,
        rate: float,
        pictures: StripPictures,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._practice, self._rate, self._pictures = practice, rate, pictures
        self._colours: dict[int | None, QColor] = {
            c.id: QColor(c.color) for c in label_map.classes
        }
        self._rows: list[tuple[int | None, ...]] = []
        self._is_whole = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(640, 300)
        self.setAccessibleName(self.tr("Pictures of the place"))
        pictures.ready.connect(self._on_ready)

    @property
    def is_whole(self) -> bool:
        """True once all pictures of the place are there."""
        return bool(self._rows) and all(map(self._pictures.is_whole, self._rows))

    def show_place(self, place: PracticePlace) -> None:
        """Show another place."""
        n_frames = self._practice.lane.n_frames
        step = max(1, round(STEP_S * self._rate))
        half = N_PICTURES // 2

        def around(cut: int) -> tuple[int | None, ...]:
            frames = [cut + step * k for k in range(-half, half)]
            return tuple(f if 0 <= f < n_frames else None for f in frames)

        length = place.stop - place.start
        inside = [place.start + length * k // N_PICTURES for k in range(N_PICTURES)]
        self._rows = [
            around(place.start),
            tuple(dict.fromkeys(inside)),
            around(place.stop),
        ]
        self._is_whole = False
        self._read()

    def _read(self) -> None:
        if self._rows and self.isVisible():
            self._pictures.want(self._rows, self._cell() * self.devicePixelRatioF())
        self._on_ready()

    def _cell(self) -> QSize:
        """Return the size of a picture: the largest that fits."""
        tall = self.height() / 3 - STRIPE_PX - HEAD_PX - 2 * GAP_PX
        wide = self.width() / N_PICTURES - GAP_PX
        height = max(16.0, min(tall, wide / self._pictures.shape))
        return QSize(max(16, int(height * self._pictures.shape)), int(height))

    def _on_ready(self) -> None:
        self.update()
        if self.is_whole and not self._is_whole:
            self._is_whole = True
            self.shown.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._read()

    def showEvent(self, event: object) -> None:
        self._read()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.current().panel))
            names = (self.tr("start"), self.tr("inside"), self.tr("end"))
            cell = self._cell()
            tall = cell.height() + STRIPE_PX + HEAD_PX + 2 * GAP_PX
            top = (self.height() - 3 * tall) / 2
            for name, frames in zip(names, self._rows, strict=False):
                self._paint_row(painter, top, name, frames, cell)
                top += tall

    def _paint_row(
        self,
        painter: QPainter,
        top: float,
        name: str,
        frames: Sequence[int | None],
        cell: QSize,
    ) -> None:
        colours = theme.current()
        step = cell.width() + GAP_PX
        left = (self.width() - N_PICTURES * step) / 2
        painter.setPen(QColor(colours.dim))
        painter.drawText(
            QRectF(left, top, 200, HEAD_PX), int(Qt.AlignmentFlag.AlignVCenter), name
        )
        key = tuple(frames)
        for i, frame in enumerate(frames):
            box = QRectF(left + i * step, top + HEAD_PX, cell.width(), cell.height())
            if frame is None:
                continue
            painter.fillRect(box, QColor(colours.surround))
            image = self._pictures.image(key, i)
            if image is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                size = image.size().scaled(cell, Qt.AspectRatioMode.KeepAspectRatio)
                inner = QRectF(0, 0, size.width(), size.height())
                inner.moveCenter(box.center())
                painter.drawImage(inner, image)
            class_id = self._practice.lane.at(frame).class_id
            stripe = QRectF(box.left(), box.bottom() + GAP_PX, box.width(), STRIPE_PX)
            painter.fillRect(stripe, self._colours.get(class_id, QColor(colours.line)))


class PracticeDialog(QDialog):
    """Ask of one place after the other whether it is right; at the end say what was."""

    def __init__(
        self,
        practice: Practice,
        label_map: LabelMap,
        current: CurrentVideo,
        player: Player,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Practice"))
        self.resize(1040, 680)
        self.practice, self._label_map = practice, label_map
        self.answers: list[Answer] = []
        item = current.item
        rate = item.mean_rate if item is not None else 1.0
        self._source = StripPictures(current, player, self)
        self.pictures = PlacePictures(practice, label_map, rate, self._source)
        self.head, self.what, self.said = Label(), Label(), Label()
        self.what.setTextFormat(Qt.TextFormat.RichText)
        self.right = QPushButton(self.tr("Right (Return)"))
        self.wrong = QPushButton(self.tr("Not right (Space)"))
        self.end = QPushButton(self.tr("End (Esc)"))
        self._clock = QElapsedTimer()
        self._lay_out()
        self.right.clicked.connect(lambda: self.answer(False))
        self.wrong.clicked.connect(lambda: self.answer(True))
        self.end.clicked.connect(self.stop)
        self.pictures.shown.connect(self._on_shown)
        self.finished.connect(self._source.close)
        self._show_place()

    def _lay_out(self) -> None:
        body = QVBoxLayout(self)
        body.setContentsMargins(16, 16, 16, 12)
        body.setSpacing(8)
        about = Label(
            self.tr(
                "Errors are planted in a copy of the reviewed labels of this video. "
                "Say of each place whether its class and both ends are right. Nothing "
                "of it is saved, exported, trained on or scored."
            )
        )
        theme.set_tone(about, "dim")
        for label in (about, self.said):
            label.setWordWrap(True)
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.right.setProperty("primary", True)
        row = QHBoxLayout()
        row.addWidget(self.what)
        row.addStretch()
        row.addWidget(self.head)
        foot = QHBoxLayout()
        foot.addStretch()
        for button in (self.right, self.wrong, self.end):
            # The keys answer, wherever Tab went.
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAutoDefault(False)
            foot.addWidget(button)
        body.addWidget(about)
        body.addLayout(row)
        body.addWidget(self.pictures, 1)
        body.addWidget(self.said, 1)
        body.addLayout(foot)
        self.said.hide()

    @property
    def place(self) -> PracticePlace | None:
        """The place that is asked about, or None at the end."""
        done = len(self.answers)
        places = self.practice.places
        asked = not self.pictures.isHidden() and done < len(places)
        return places[done] if asked else None

    def _show_place(self) -> None:
        place = self.place
        if place is None:
            self.stop()
            return
        self.what.setText(self._named(place))
        self._enable(False)
        count = self.tr("{} of {}")
        done, n = len(self.answers) + 1, len(self.practice.places)
        self.head.setText(count.format(f"{done:,}", f"{n:,}"))
        self._clock.start()
        self.pictures.show_place(place)

    def _named(self, place: PracticePlace) -> str:
        """Return the class of a place between those of its neighbours."""
        lane, name_of = self.practice.lane, self._label_map.name_of
        index = lane.index_at(place.start)
        around = lane.segments[max(index - 1, 0) : index + 2]
        names = [
            escape(name_of(s.class_id) or self.tr("unlabelled"))
            if s.start != place.start
            else f"<b>{escape(name_of(s.class_id))}</b>"
            for s in around
        ]
        frames = f"{place.start:,} \u2013 {place.stop - 1:,}"
        return " \u203a ".join(names) + f" \u00b7 {frames}"

    def _enable(self, can_answer: bool) -> None:
        for button in (self.right, self.wrong):
            button.setEnabled(can_answer)

    def _on_shown(self) -> None:
        self._clock.restart()
        self._enable(True)

    def answer(self, is_wrong: bool) -> None:
        """Note what is said of the place, once it is on the screen, and go on."""
        place = self.place
        if self._clock.elapsed() < DOUBLE_MS:
            return
        if place is not None and self.pictures.is_whole:
            seconds = self._clock.elapsed() / 1000
            self.answers.append(Answer(place, is_wrong, seconds))
            self._show_place()

    def stop(self) -> None:
        """Say what was seen; a second time, or where nothing was said, close."""
        if self.pictures.isHidden() or not self.answers:
            self.accept()
            return
        self.pictures.hide()
        self.head.clear()
        self.what.setText(self.tr("What you saw"))
        self.said.setText(self.told(result_of(self.answers)))
        self.said.show()
        self.right.hide()
        self.wrong.hide()
        self.end.setText(self.tr("Close (Esc)"))

    def told(self, found: PracticeResult) -> str:
        """Describe a result in sentences."""
        n = found.planted.total()
        lines = [
            plural(
                "You saw {seen} of {n} planted error(s).",
                n,
                seen=f"{found.found.total():,}",
            ),
            plural(
                "Of {n} place(s) without an error you called {wrong} not right.",
                found.clean,
                wrong=f"{found.false_alarms:,}",
            ),
        ]
        if self.answers:
            seconds = self.tr("A look took {} s on average.")
            lines.append(seconds.format(f"{found.seconds:.1f}"))
        for kind, word in self._kinds().items():
            if found.planted[kind]:
                text = self.tr("{}: {} of {} seen")
                seen = f"{found.found[kind]:,}", f"{found.planted[kind]:,}"
                lines.append(text.format(word, *seen))
        lines += [self._missed(error) for error in found.missed]
        return "\n".join(lines)

    def _kinds(self) -> dict[ErrorKind, str]:
        return {
            "class": self.tr("Another class"),
            "moved": self.tr("A boundary elsewhere"),
            "missing": self.tr("A missing segment"),
        }

    def _missed(self, error: Planted) -> str:
        name = self._label_map.name_of(error.class_id)
        frames = f"{error.start:,} \u2013 {error.stop - 1:,}"
        texts = {
            "class": self.tr("Missed: frames {} are {}."),
            "missing": self.tr("Missed: in frames {} lay {}."),
            "moved": self.tr("Missed: over frames {} the start of {} was moved."),
        }
        return texts[error.kind].format(frames, name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.isAutoRepeat():
            event.accept()
        elif key in _RIGHT_KEYS and self.place is not None:
            self.answer(False)
        elif key in _WRONG_KEYS and self.place is not None:
            self.answer(True)
        elif key == Qt.Key.Key_Escape or key in _RIGHT_KEYS:
            self.stop()
        else:
            super().keyPressEvent(event)
