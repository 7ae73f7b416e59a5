"""Dialogs: what is asked in a window of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QColor,
    QCursor,
    QIcon,
    QKeyEvent,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QColorDialog,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.jobs import Job
from app.operations import Operations
from app.readers import make_project
from skelseg_core.errors import EditError, SkelsegError
from skelseg_core.image_files import SUFFIXES
from skelseg_core.io.labels_text import load_class_names
from skelseg_core.media_path import (
    HIGHEST_RATE,
    LOWEST_RATE,
    media_path,
    media_title,
)
from skelseg_core.progress import Progress, Task
from skelseg_core.project import set_label_map, set_notes
from skelseg_core.segmentation import (
    KEYS,
    ActionClass,
    LabelMap,
    color_for,
    label_map_from_names,
)

VIDEO_FILES = (
    "Videos (*.mp4 *.avi *.mkv *.mov *.m4v *.webm *.mpg *.mpeg *.ts *.mts *.wmv *.gif)"
    f";;One of numbered images ({' '.join('*' + s for s in sorted(SUFFIXES))})"
)


class _Dialog(QDialog):
    """A dialog with a line for what is wrong above its buttons."""

    def __init__(self, parent: QWidget | None, title: str, ok: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(20, 20, 20, 16)
        self.body.setSpacing(12)
        self.wrong = QLabel()
        self.wrong.setWordWrap(True)
        self.wrong.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = self.buttons.addButton(ok, QDialogButtonBox.ButtonRole.AcceptRole)
        self.ok.setDefault(True)
        cancel = self.buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setIcon(QIcon())
        QWidget.setTabOrder(self.ok, cancel)
        self.buttons.accepted.connect(self._on_accepted)
        self.buttons.rejected.connect(self.reject)

    def finish_layout(self) -> None:
        """Put the line and the buttons under what was added to ``body``."""
        self.body.addWidget(self.wrong)
        self.body.addWidget(self.buttons)

    def complete(self) -> None:
        """Do what was asked; raises SkelsegError with what is wrong."""

    def _on_accepted(self) -> None:
        try:
            self.complete()
        except SkelsegError as error:
            self.tell(str(error))
            return
        self.accept()

    def tell(self, text: str, wrong: bool = True) -> None:
        """Say what is wrong, or what is being done."""
        colours = theme.current()
        self.wrong.setStyleSheet(f"color: {colours.error if wrong else colours.dim};")
        self.wrong.setText(text)
        self.wrong.show()


class NewProjectDialog(_Dialog):
    """Asks for a folder, videos and class names, and makes the project."""

    def __init__(
        self, parent: QWidget | None = None, videos: Sequence[Path] = ()
    ) -> None:
        super().__init__(parent, "New project", "Create project")
        self.setMinimumWidth(560)
        self.videos = list(videos)
        self.root: Path | None = None
        self._job: Job | None = None
        form = QFormLayout()
        form.setSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        self.folder = QLineEdit()
        self.folder.setPlaceholderText("A new folder for the labels")
        form.addRow("Folder", self._with_button(self.folder, self._choose_folder))
        self.video_line = QLineEdit()
        self.video_line.setReadOnly(True)
        self.video_line.setPlaceholderText("May be added later")
        form.addRow("Videos", self._with_button(self.video_line, self._choose_videos))
        self.body.addLayout(form)
        head = QHBoxLayout()
        head.addWidget(QLabel("Classes, one per line"))
        head.addStretch()
        read = QPushButton("Read from a text file…")
        read.clicked.connect(self._read_classes)
        head.addWidget(read)
        self.body.addLayout(head)
        self.classes = QPlainTextEdit()
        self.classes.setPlaceholderText("walk\nreach\nopen drawer\n…")
        self.classes.setTabChangesFocus(True)
        self.body.addWidget(self.classes)
        self.finish_layout()
        self._show_videos()
        self.classes.setFocus()

    def _with_button(self, line: QLineEdit, run: object) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(line, 1)
        button = QPushButton("Choose…")
        button.setAutoDefault(False)
        button.clicked.connect(run)
        layout.addWidget(button)
        return row

    def _choose_folder(self) -> None:
        start = str(Path(self.folder.text()).parent if self.folder.text() else "")
        name, _ = QFileDialog.getSaveFileName(
            self, "Folder of the new project", start, options=_options()
        )
        if name:
            self.folder.setText(name)

    def _choose_videos(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(
            self, "Videos", "", VIDEO_FILES, options=_options()
        )
        if names:
            self.videos = [Path(n) for n in names]
            self._show_videos()

    def _show_videos(self) -> None:
        self.video_line.setText(", ".join(v.name for v in self.videos))
        if self.videos and not self.folder.text():
            first = self.videos[0].absolute()
            name = f"{media_title(first)}-project"
            self.folder.setText(str(media_path(first).file.with_name(name)))

    def _read_classes(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Class names", "", "Text files (*.txt);;All (*)", options=_options()
        )
        if not name:
            return
        try:
            self.classes.setPlainText("\n".join(load_class_names(Path(name))))
        except SkelsegError as error:
            self.tell(str(error))

    def task(self) -> Task[Path]:
        """What makes the project; raises SkelsegError with what is wrong."""
        if not self.folder.text().strip():
            raise EditError("Name a folder for the project.")
        names = [n.strip() for n in self.classes.toPlainText().splitlines()]
        label_map = label_map_from_names(n for n in names if n)
        root = Path(self.folder.text().strip()).expanduser()
        return make_project(root, label_map, self.videos)

    def _on_accepted(self) -> None:
        try:
            job = Job("New project", self.task())
        except SkelsegError as error:
            self.tell(str(error))
            return
        self._job = job
        self.ok.setEnabled(False)
        job.progressed.connect(self._on_progressed)
        job.failed.connect(self._on_failed)
        job.done.connect(self._on_done)
        job.start()

    def _on_progressed(self, progress: Progress, _: float | None) -> None:
        share = progress.fraction
        done = "" if share is None else f": {int(share * 100)} %"
        self.tell(f"{progress.step}{done}", wrong=False)

    def _on_failed(self, text: str) -> None:
        self._forget_job()
        self.ok.setEnabled(True)
        self.tell(text)

    def _on_done(self, root: Path) -> None:
        self._forget_job()
        self.root = root
        self.accept()

    def reject(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._forget_job()
        super().reject()

    def _forget_job(self) -> None:
        # Its thread must not be the last to hold it.
        if self._job is not None:
            self._job.wait()
            self._job = None


class ClassesDialog(_Dialog):
    """Asks for the names, keys and colours of the classes."""

    def __init__(self, parent: QWidget, label_map: LabelMap) -> None:
        super().__init__(parent, "Classes", "Apply")
        self.setMinimumSize(420, 440)
        self.label_map = label_map
        self.result_map: LabelMap | None = None
        self._ids: list[int] = []
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels(["Key", "Name", "Colour"])
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(
            1, self.table.horizontalHeader().ResizeMode.Stretch
        )
        self.table.setColumnWidth(0, 48)
        self.table.setColumnWidth(2, 72)
        self.table.setShowGrid(False)
        for action_class in label_map.classes:
            self._add(action_class)
        self.table.cellDoubleClicked.connect(self._on_double_clicked)
        row = QHBoxLayout()
        add, remove = QPushButton("Add class"), QPushButton("Remove class")
        for button, run in ((add, self._on_add), (remove, self._on_remove)):
            button.setAutoDefault(False)
            button.clicked.connect(run)
            row.addWidget(button)
        row.addStretch()
        self.body.addWidget(self.table)
        self.body.addLayout(row)
        self.finish_layout()

    def _add(self, action_class: ActionClass) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        self._ids.append(action_class.id)
        self.table.setItem(row, 0, QTableWidgetItem(action_class.key))
        self.table.setItem(row, 1, QTableWidgetItem(action_class.name))
        colour = QTableWidgetItem()
        colour.setBackground(QColor(action_class.color))
        colour.setFlags(Qt.ItemFlag.ItemIsEnabled)
        colour.setToolTip("Double-click to choose a colour")
        self.table.setItem(row, 2, colour)

    def _on_add(self) -> None:
        class_id = max([*self._ids, *self.label_map.ids]) + 1
        keys = {self._text(r, 0) for r in range(self.table.rowCount())}
        key = next((k for k in KEYS if k not in keys), "")
        self._add(ActionClass(class_id, "", key, color_for(class_id)))
        row = self.table.rowCount() - 1
        self.table.setCurrentCell(row, 1)
        self.table.edit(self.table.model().index(row, 1))

    def _on_remove(self) -> None:
        row = self.table.currentRow()
        if row >= 0:
            self.table.removeRow(row)
            del self._ids[row]

    def _on_double_clicked(self, row: int, column: int) -> None:
        if column != 2:
            return
        item = self.table.item(row, 2)
        chosen = QColorDialog.getColor(self._colour(row), self)
        if item is not None and chosen.isValid():
            item.setBackground(chosen)

    def _colour(self, row: int) -> QColor:
        item = self.table.item(row, 2)
        return item.background().color() if item else QColor()

    def _text(self, row: int, column: int) -> str:
        item = self.table.item(row, column)
        return item.text().strip() if item else ""

    def complete(self) -> None:
        rows = range(self.table.rowCount())
        keys = [self._text(r, 0) for r in rows if self._text(r, 0)]
        for key in keys:
            if key not in KEYS or keys.count(key) > 1:
                raise EditError(
                    f"The key '{key}' must be one digit that no other class has."
                )
        self.result_map = LabelMap(
            tuple(
                ActionClass(
                    self._ids[r],
                    self._text(r, 1),
                    self._text(r, 0),
                    self._colour(r).name(),
                )
                for r in rows
            )
        )


class _NotesField(QPlainTextEdit):
    """Lines of text; Return begins another, Ctrl+Return is done."""

    finished = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finished.emit()
        else:
            super().keyPressEvent(event)


class NotesDialog(_Dialog):
    """Asks for what is to be remembered about a video."""

    def __init__(self, parent: QWidget, video_id: str, notes: str) -> None:
        super().__init__(parent, "", "")
        self.setWindowTitle(self.tr("Notes about {}").format(video_id))
        self.ok.setText(self.tr("Save notes"))
        self.ok.setToolTip(self.tr("Save notes (Ctrl+Return)"))
        self.setMinimumSize(400, 240)
        self.field = _NotesField(notes)
        self.field.finished.connect(self.accept)
        self.field.setAccessibleName(self.windowTitle())
        self.field.setPlaceholderText(
            self.tr("What is to be remembered: who, where, what went wrong")
        )
        self.field.setTabChangesFocus(True)
        self.field.moveCursor(QTextCursor.MoveOperation.End)
        self.body.addWidget(self.field)
        self.finish_layout()
        self.field.setFocus()


class Dialogs:
    """Asks and hands the answers to the operations."""

    def __init__(self, window: QWidget, operations: Operations) -> None:
        self._window, self._operations = window, operations

    def new_project(self, videos: Sequence[Path] = ()) -> Path | None:
        """Make a project; its folder, or None."""
        return ask_new_project(self._window, videos)

    def choose_project(self) -> Path | None:
        """Folder of a project, or None."""
        name = QFileDialog.getExistingDirectory(
            self._window, "Open project", options=_options()
        )
        return Path(name) if name else None

    def add_videos(self) -> None:
        """Choose videos and add them."""
        names, _ = QFileDialog.getOpenFileNames(
            self._window, "Add videos", "", VIDEO_FILES, options=_options()
        )
        if names:
            self._operations.add_videos([Path(n) for n in names])

    def ask_image_rate(self) -> None:
        """Say at which rate the images of the current video are shown."""
        rate = self._operations.image_rate
        if rate is None:
            return
        chosen, ok = QInputDialog.getDouble(
            self._window,
            "Rate of the images",
            "Images per second",
            rate,
            LOWEST_RATE,
            HIGHEST_RATE,
            3,
        )
        if ok:
            self._operations.set_image_rate(chosen)

    def edit_notes(self, video_id: str = "") -> None:
        """Write notes about a video, by default the current one."""
        document, session = self._operations.document, self._operations.session
        video_id = video_id or session.video_id
        if not document.project.has(video_id):
            return
        notes = document.project.video(video_id).notes
        dialog = NotesDialog(self._window, video_id, notes)
        if dialog.exec():
            words, text = dialog.tr("Notes of {}"), dialog.field.toPlainText()
            document.apply(
                words.format(video_id), lambda p: set_notes(p, video_id, text)
            )

    def export(self) -> None:
        """Choose a folder and write the annotation there."""
        folder = self._operations.document.folder
        name = QFileDialog.getExistingDirectory(
            self._window, "Export labels to", str(folder.root), options=_options()
        )
        if name:
            self._operations.export(Path(name))

    def edit_classes(self) -> None:
        """Change the classes."""
        document = self._operations.document
        dialog = ClassesDialog(self._window, document.project.label_map)
        if dialog.exec() and dialog.result_map is not None:
            new = dialog.result_map
            document.apply("Change classes", lambda p: set_label_map(p, new))

    def dropped(self, videos: list[Path]) -> Path | None:
        """Ask what a dropped video is for; folder of a new project, or None."""
        menu = QMenu(self._window)
        project = self._operations.document.project.name
        add = menu.addAction(f"Add to {project}")
        new = menu.addAction("New project…")
        chosen = menu.exec(QCursor.pos())
        if chosen is add:
            self._operations.add_videos(videos)
        return self.new_project(videos) if chosen is new else None

    def show_keys(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Show all keys by menu."""
        dialog = QDialog(self._window)
        dialog.setWindowTitle("Keys")
        layout = QVBoxLayout(dialog)
        layout.setContentsMargins(20, 16, 20, 16)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(_key_sheet(rows))
        layout.addWidget(area)
        dialog.resize(760, 560)
        dialog.exec()

    def tell(self, text: str) -> None:
        """Say what cannot wait and cannot be undone."""
        QMessageBox.warning(self._window, "skelseg", text)


def ask_new_project(parent: QWidget | None, videos: Sequence[Path] = ()) -> Path | None:
    """Make a project in a dialog; its folder, or None."""
    dialog = NewProjectDialog(parent, videos)
    return dialog.root if dialog.exec() else None


def _key_sheet(rows: Sequence[tuple[str, str, str]]) -> QWidget:
    sheet = QWidget()
    columns = QHBoxLayout(sheet)
    columns.setSpacing(32)
    menus = list(dict.fromkeys(r[0] for r in rows))
    halves = (menus[: (len(menus) + 1) // 2], menus[(len(menus) + 1) // 2 :])
    for half in halves:
        grid = QGridLayout()
        grid.setVerticalSpacing(4)
        for menu in half:
            title = QLabel(menu)
            title.setStyleSheet(f"font-weight: 600; color: {theme.current().dim};")
            grid.addWidget(title, grid.rowCount(), 0, 1, 2)
            for _, text, keys in (r for r in rows if r[0] == menu):
                row = grid.rowCount()
                grid.addWidget(QLabel(text), row, 0)
                label = QLabel(keys)
                label.setAlignment(Qt.AlignmentFlag.AlignRight)
                grid.addWidget(label, row, 1)
            grid.addWidget(QLabel(), grid.rowCount(), 0)
        grid.setRowStretch(grid.rowCount(), 1)
        columns.addLayout(grid)
    return sheet


def _options() -> QFileDialog.Option:
    """Qt's own file dialogs: the same on every desktop, and drivable by tests."""
    return QFileDialog.Option.DontUseNativeDialog
