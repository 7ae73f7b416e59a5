"""The transport bar: class of the frame, playback buttons, speed, frame and time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from app.kit import theme
from app.kit.commands import command
from app.kit.icons import SIZE, icon
from app.kit.keyboard import give_keyboard
from app.kit.labels import Label, plain_tip
from app.kit.language import in_language, tr
from app.kit.notices import Notices
from app.kit.painting import left_to_right, painting
from app.playback.player import STEPS, Player
from app.state.session import GrowingSegment
from app.views.frame_field import FrameField, find_frame, time_text
from skelseg_core.errors import SkelsegError
from skelseg_core.labels.segmentation import Segment
from skelseg_core.project.project import ANNOTATION

if TYPE_CHECKING:
    from skelseg_core.labels.classes import LabelMap
    from skelseg_core.labels.prediction import Prediction
    from skelseg_core.project.videos_and_tracks import Track

RATES = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 8.0, 16.0)
BUTTON_PX = 28
NARROW_EM = 38
"""Width, in heights of a line of text, from which every button has room."""
PLANS = {"": "Loop", "loop": "Loop", "around": "Boundary", "again": "Item"}
"""Text of the plan button by the name of the playback plan."""


@dataclass(frozen=True)
class FrameLabel:
    """Words for one frame: class name and colour, and a model's guess.

    ``agrees`` says that the guess is the class that the frame has.
    """

    name: str
    colour: str = ""
    predicted: str = ""
    agrees: bool = False


LabelSource = Callable[[int], FrameLabel | None]


def segment_label(segment: Segment, label_map: LabelMap, missing: bool) -> FrameLabel:
    """Word the label of a segment; ``missing`` says that the labels' file is gone."""
    if missing:
        return FrameLabel(tr("labels unknown"))
    said = label_map.get(segment.class_id)
    if said is None:
        words = tr("absent") if segment.absent else tr("undecided")
        return FrameLabel(words if segment.undecided else "")
    return FrameLabel(said.name, said.color)


def lane_labels(
    item: Track,
    label_map: LabelMap,
    model: str = "",
    prediction: Prediction | None = None,
    growing: Callable[[], GrowingSegment | None] = lambda: None,
) -> LabelSource:
    """Return a function from frame to label, of the annotation and a model.

    What is ``growing`` is written a few times a second only, and counts at once.
    """
    guesses = None if prediction is None else prediction.segmentation
    missing = ANNOTATION in item.missing

    def at(frame: int) -> FrameLabel | None:
        if not 0 <= frame < item.n_frames:
            return None
        segment = item.annotation.at(frame)
        label, grows = segment_label(segment, label_map, missing), growing()
        if grows is not None and grows.start <= frame <= grows.stop:
            segment = Segment(frame, frame + 1, grows.class_id)
            label = segment_label(segment, label_map, missing)
        if guesses is None:
            return label
        class_id = guesses.at(frame).class_id
        guess = label_map.name_of(class_id) or tr("unlabelled")
        if prediction is not None and prediction.is_fixed(frame):
            # The model had to keep this label, so that it is not its guess.
            guess = tr("{} (yours)").format(guess)
        else:
            guess = f"{guess} ({model}{_probability(prediction, frame, class_id)})"
        agrees = not missing and class_id == segment.class_id
        return replace(label, predicted=guess, agrees=agrees)

    return at


def _probability(prediction: Prediction | None, frame: int, class_id: object) -> str:
    if prediction is None or frame >= len(prediction.probabilities):
        return ""
    channels = (prediction.class_ids == class_id).nonzero()[0]
    if not len(channels):
        return ""
    return f" {float(prediction.probabilities[frame, channels[0]]):.2f}"


class TransportBar(QWidget):
    """Show the class of the frame, playback buttons, speed, frame number and time.

    ``acting`` describes the frames that a class key would label, or is empty.
    """

    plan_clicked = Signal()
    left = Signal()

    def __init__(
        self,
        player: Player,
        notices: Notices,
        acting: Callable[[], str] = lambda: "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        left_to_right(self)
        self._player, self._notices, self._acting = player, notices, acting
        self._labels: LabelSource | None = None
        self.banner = _Banner()
        self.buttons = {
            "first": _Button("skip-backward", self.tr("First frame")),
            "previous": _Button("step-backward", self.tr("Previous frame")),
            "play": _Button("play", self.tr("Play or pause")),
            "next": _Button("step-forward", self.tr("Next frame")),
            "last": _Button("skip-forward", self.tr("Last frame")),
        }
        self.speed = _SpeedButton(player)
        self.plan = _PlanButton(player)
        self.frame, self.time = FrameField(), _number_label("00:00.000")
        self._lay_out()
        self.buttons["first"].clicked.connect(lambda: player.seek(0))
        self.buttons["previous"].clicked.connect(lambda: player.go_on(-1))
        self.buttons["play"].clicked.connect(player.toggle)
        self.buttons["next"].clicked.connect(lambda: player.go_on(1))
        self.buttons["last"].clicked.connect(self._on_last)
        self.plan.clicked.connect(self.plan_clicked)
        self.frame.entered.connect(self._on_entered)
        self.frame.left.connect(self.left)
        player.state_changed.connect(self._on_state_changed)
        player.picture_changed.connect(self.refresh)
        self._on_state_changed()

    def _lay_out(self) -> None:
        row, right = QHBoxLayout(self), QHBoxLayout()
        row.setContentsMargins(12, 4, 12, 4)
        row.setSpacing(0)
        row.addWidget(self.banner, 1)
        for button in self.buttons.values():
            row.addWidget(button)
        right.setSpacing(4)
        right.addWidget(self.speed)
        right.addWidget(self.plan)
        right.addStretch(1)
        right.addWidget(self.frame)
        right.addWidget(self.time)
        row.addSpacing(8)
        row.addLayout(right, 1)
        self.setFixedHeight(36)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 36)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what has keys where there is no room for it."""
        super().resizeEvent(event)
        wide = event.size().width() > NARROW_EM * self.fontMetrics().height()
        first, last = self.buttons["first"], self.buttons["last"]
        for widget in (first, last, self.speed, self.plan):
            widget.setVisible(wide)

    def set_label_source(self, source: LabelSource | None) -> None:
        """Set the source of the frame's label."""
        self._labels = source
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Show number, time and label of the current frame."""
        info, picture = self._player.info, self._player.picture
        self.banner.show_acts(self._acting())
        if info is None or picture is None:
            self.frame.show_number("")
            self.time.clear()
            self.banner.show_label(None)
            return
        self.frame.show_number(f"{picture.frame:,}")
        self.time.setText(time_text(info.times.start_s(picture.frame)))
        label = self._labels(picture.frame) if self._labels is not None else None
        self.banner.show_label(label)

    def show_keys(self, keys: Callable[[str], str]) -> None:
        """Show the keys of commands on buttons; ``keys`` finds them by id."""
        both = ", ".join(k for k in (keys("slower"), keys("faster")) if k)
        title = self.tr("Speed and step of the arrows")
        self.speed.setToolTip(f"{title} ({both})" if both else title)
        self.plan.keys = keys("loop")
        self.plan.refresh()

    @command(
        "go-to",
        "Go to frame or time…",
        "G",
        enabled=lambda self: self._player.info is not None,
    )
    def go_to(self) -> None:
        """Move the focus to the frame field, to type a frame or time."""
        give_keyboard(self.frame, Qt.FocusReason.ShortcutFocusReason)

    def _on_entered(self, text: str) -> None:
        info = self._player.info
        if info is None or not text.strip():
            return
        try:
            self._player.seek(find_frame(text, info.times))
        except SkelsegError as error:
            self._notices.warn(in_language(error))

    def _on_last(self) -> None:
        if self._player.info is not None:
            self._player.seek(self._player.info.n_frames - 1)

    def _on_state_changed(self) -> None:
        # Enabled while a video is opening, too, so that the buttons do not flash.
        there = self._player.info is not None or self._player.opening
        for widget in (*self.buttons.values(), self.speed, self.plan, self.frame):
            widget.setEnabled(there)
        self.buttons["play"].set_icon("pause" if self._player.playing else "play")
        self.refresh()


def _number_label(widest: str) -> QLabel:
    label = Label()
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest))
    return label


class _Banner(QWidget):
    """A dot in the colour of the class, its name, and dim a model's prediction.

    At its end, framed, the frames that class keys act on, unless it is this frame.
    """

    def __init__(self) -> None:
        super().__init__()
        self._label: FrameLabel | None = None
        self._acts = ""
        self.setMinimumWidth(72)

    @property
    def label(self) -> FrameLabel | None:
        return self._label

    def show_label(self, label: FrameLabel | None) -> None:
        if label != self._label:
            self._label = label
            self.setToolTip(plain_tip(label.predicted) if label else "")
            self.update()

    def show_acts(self, text: str) -> None:
        if text != self._acts:
            self._acts = text
            self.setAccessibleDescription(text)
            self.update()

    def _paint_acts(self, painter: QPainter) -> int:
        """Paint the framed text at the end; return its left edge."""
        if not self._acts:
            return self.width()
        colours, metrics = theme.current(), QFontMetrics(self.font())
        width = min(metrics.horizontalAdvance(self._acts) + 16, self.width())
        place = QRectF(self.width() - width, self.height() / 2 - 11, width, 22)
        painter.setPen(QPen(QColor(colours.accent), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setPen(QColor(colours.text))
        room = metrics.elidedText(
            self._acts, Qt.TextElideMode.ElideRight, round(place.width()) - 8
        )
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), room)
        return round(place.left())

    def paintEvent(self, event: QPaintEvent) -> None:
        label = self._label
        if label is None:
            return
        with painting(self) as painter:
            colours = theme.current()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            end = self._paint_acts(painter)
            middle = self.height() / 2
            dot = QRectF(1, middle - 5, 10, 10)
            painter.setPen(QPen(QColor(label.colour or colours.dim), 1.5))
            if label.colour:
                painter.setBrush(QColor(label.colour))
            painter.drawEllipse(dot)
            bold = QFont(self.font())
            bold.setWeight(QFont.Weight.DemiBold if label.name else QFont.Weight.Normal)
            x = self._write(
                painter,
                bold,
                (20, end),
                label.name or self.tr("unlabelled"),
                not label.name,
            )
            self._write(painter, self.font(), (x + 12, end), label.predicted, True)

    def _write(
        self,
        painter: QPainter,
        font: QFont,
        span: tuple[int, int],
        text: str,
        dim: bool,
    ) -> int:
        """Write text between two pixels; return its right end."""
        colours, metrics = theme.current(), QFontMetrics(font)
        x, room = span[0], span[1] - span[0] - 8
        if not text or room < 24:
            return x
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.setFont(font)
        painter.setPen(QColor(colours.dim if dim else colours.text))
        where = QRectF(x, 0, room, self.height())
        painter.drawText(where, int(Qt.AlignmentFlag.AlignVCenter), text)
        return x + metrics.horizontalAdvance(text)


class _Button(QToolButton):
    """A flat button with an icon."""

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self._icon = ""
        self.set_icon(name)
        self.setAutoRaise(True)
        self.setIconSize(QSize(SIZE, SIZE))
        self.setFixedSize(32, BUTTON_PX)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(tip)

    def set_icon(self, name: str) -> None:
        if name != self._icon:
            self._icon = name
            self.setIcon(icon(name))


class _SpeedButton(QToolButton):
    """Show the speed, and a step of several frames; a click opens the choices."""

    def __init__(self, player: Player) -> None:
        super().__init__()
        self._player = player
        _lay_out(self, "speedometer", _rate_text(-max(RATES)))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        menu, group = QMenu(self), QActionGroup(self)
        self.choices: dict[float, QAction] = {}
        self.steps: dict[int, QAction] = {}
        for rate in RATES:
            action = menu.addAction(_rate_text(rate))
            action.setCheckable(True)
            action.triggered.connect(lambda _, rate=rate: self._choose(rate))
            group.addAction(action)
            self.choices[rate] = action
        group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        menu.addSeparator()
        for n, text in STEPS.items():
            self.steps[n] = menu.addAction(tr(text))
            self.steps[n].setCheckable(True)
            self.steps[n].triggered.connect(lambda _, n=n: player.choose_step(n))
        self.setMenu(menu)
        player.state_changed.connect(self._on_state_changed)
        self._on_state_changed()

    def _choose(self, rate: float) -> None:
        self._player.set_rate(rate)
        # Clicking the present speed unchecked it.
        self._on_state_changed()

    def _on_state_changed(self) -> None:
        step = self._player.step_frames
        by = "" if step == 1 else f" · {step}"
        self.setText(f"{_rate_text(self._player.speed)}{by}")
        widest = QFontMetrics(self.font()).horizontalAdvance(f"−16.0×{by}")
        self.setMinimumWidth(widest + 20)
        for n, action in self.steps.items():
            action.setChecked(n == step)
        for rate, action in self.choices.items():
            action.setChecked(rate == self._player.rate)


class _PlanButton(QToolButton):
    """Show the playback plan; a click ends it, or begins a loop."""

    def __init__(self, player: Player) -> None:
        super().__init__()
        self._player = player
        self.keys = ""
        self.setCheckable(True)
        _lay_out(self, "repeat", max((self.tr(t) for t in PLANS.values()), key=len))
        player.state_changed.connect(self.refresh)
        self.refresh()

    def nextCheckState(self) -> None:
        """Keep the check state, which follows the player."""

    def refresh(self) -> None:
        """Update the text, the check state and the tooltip from the player."""
        name = self._player.plan.name
        self.setText(self.tr(PLANS[name]))
        self.setChecked(bool(name))
        tip = self.tr("Loop the range or segment")
        if name:
            tip = self.tr("Play normally from here")
        self.setAccessibleName(tip)
        self.setToolTip(f"{tip} ({self.keys})" if self.keys and not name else tip)


def _lay_out(button: QToolButton, name: str, widest: str) -> None:
    """Give a button an icon, the height of the others, and room for its words."""
    button.setIcon(icon(name))
    button.setIconSize(QSize(SIZE, SIZE))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    words = QFontMetrics(button.font()).horizontalAdvance(widest)
    button.setFixedSize(SIZE + words + 20, BUTTON_PX)


def _rate_text(rate: float) -> str:
    text = f"{rate:.2f}".rstrip("0").replace("-", "−")
    return f"{text}0×" if text.endswith(".") else f"{text}×"
