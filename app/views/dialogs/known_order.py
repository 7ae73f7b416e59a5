"""Dialog of a known order: where it comes from, and its classes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QDialog, QPlainTextEdit, QWidget

from app.kit.language import in_language
from app.services.labelling.order_labelling import KnownOrder, OrderLabelling
from app.views.dialogs.ask_paths import ask_file
from app.views.dialogs.list_parts import Told, accept_or_cancel, dialog_column
from app.views.fields import ChoiceBox
from skelseg_core.errors import SkelsegError


class KnownOrderDialog(QDialog):
    """Choose where an order comes from, and see it; ``order`` is None without one."""

    def __init__(
        self, labelling: OrderLabelling, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Label in a known order"))
        self._labelling = labelling
        self.order: KnownOrder | None = None
        videos = labelling.others()
        self._sources: list[Callable[[], KnownOrder | None]] = [
            labelling.so_far,
            self._of_file,
            *(partial(labelling.of_video, video) for video in videos),
        ]
        self.source = ChoiceBox(
            self.tr("Where the order comes from"),
            [
                self.tr("Labels before the playhead, again and again"),
                self.tr("Text file, one class per line…"),
                *(self.tr("Labels of {}").format(video) for video in videos),
            ],
        )
        self.source.setPlaceholderText(self.tr("Choose where the order comes from"))
        self.source.setCurrentIndex(-1)
        self.shown = QPlainTextEdit()
        self.shown.setReadOnly(True)
        self.shown.setTabChangesFocus(True)
        self.shown.setAccessibleName(self.tr("Order of the classes"))
        self.told = Told()
        buttons, self.accept_button = accept_or_cancel(self, self.tr("Label"))
        self.accept_button.setEnabled(False)
        body = dialog_column(self)
        body.addWidget(self.source)
        body.addWidget(self.shown, 1)
        body.addWidget(self.told)
        body.addWidget(buttons)
        self.resize(420, 480)
        self.source.activated.connect(self._on_source)

    def _on_source(self, index: int) -> None:
        self.order = None
        self.told.hide()
        try:
            self.order = self._sources[index]()
        except SkelsegError as error:
            self.told.tell_error(in_language(error))
        lines = [] if self.order is None else self._labelling.lines(self.order)
        self.shown.setPlainText("\n".join(lines))
        self.accept_button.setEnabled(self.order is not None)

    def _of_file(self) -> KnownOrder | None:
        kinds = self.tr("Text ({});;All (*)").format("*.txt")
        path = ask_file(self, self.tr("Order of the classes"), kinds)
        return None if path is None else self._labelling.of_file(path)


def label_in_order(parent: QWidget, labelling: OrderLabelling) -> None:
    """Ask for an order, and label the current video in it."""
    if not labelling.ready():
        return
    dialog = KnownOrderDialog(labelling, parent)
    if dialog.exec() and dialog.order is not None:
        labelling.label(dialog.order)
    dialog.deleteLater()
