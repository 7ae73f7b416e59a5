"""Dialogs that make projects, add videos, edit notes and export labels."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QTextCursor
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from app.kit import theme
from app.kit.commands import command
from app.kit.labels import Label
from app.kit.language import in_language, tr
from app.kit.plural import frames_named, plural
from app.kit.threads import read_quickly
from app.services.jobs import Job
from app.services.labelling.comments import Remark
from app.services.models.file_readers import make_project
from app.services.services import Services
from app.views.dialogs.ask_files import ask_pose_files
from app.views.dialogs.ask_paths import ask_file, ask_files, ask_folder, ask_new
from app.views.dialogs.choice_dialog import ChoiceDialog, ask_choices
from app.views.dialogs.choice_fields import Offered
from app.views.dialogs.list_parts import accept_or_cancel, dialog_column
from app.views.dialogs.paths_line import PathsLine
from skelseg_core.errors import EditError, SkelsegError
from skelseg_core.file_kinds import VIDEO_SUFFIXES, patterns
from skelseg_core.file_names import short_name
from skelseg_core.formats.class_list import load_class_names
from skelseg_core.labels.classes import label_map_from_names
from skelseg_core.progress import Progress, Task
from skelseg_core.project.class_files import CLASS_SUFFIXES
from skelseg_core.project.project_edits import set_notes, shown_to_annotator
from skelseg_core.project.proposed_people import people_by_names, proposal_text
from skelseg_core.project.tracks import TierKind, TierOf, VideoId
from skelseg_core.video.image_files import SUFFIXES
from skelseg_core.video.media_path import (
    HIGHEST_RATE,
    LOWEST_RATE,
    media_path,
    media_title,
)

VIDEO_FILES = patterns(VIDEO_SUFFIXES)
IMAGE_FILES = patterns(tuple(sorted(SUFFIXES)))
CLASS_FILES = patterns(CLASS_SUFFIXES)


class _Dialog(QDialog):
    """A dialog with a line for errors above its buttons."""

    def __init__(self, parent: QWidget | None, title: str, ok: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.body = dialog_column(self)
        self.wrong = Label()
        self.wrong.setWordWrap(True)
        self.wrong.hide()
        self.buttons, self.ok = accept_or_cancel(self, ok, self._on_accepted)
        cancel = self.buttons.button(QDialogButtonBox.StandardButton.Cancel)
        QWidget.setTabOrder(self.ok, cancel)

    def finish_layout(self) -> None:
        """Add the error line and the buttons below the contents of ``body``."""
        self.body.addWidget(self.wrong)
        self.body.addWidget(self.buttons)
        # A button can become the default only once it is inside the dialog.
        self.ok.setDefault(True)
        # Return alone begins a line where there is a text of several.
        self.ok.setShortcut(QKeySequence("Ctrl+Return"))

    def complete(self) -> None:
        """Do the dialog's work; raise SkelsegError with what is wrong."""

    def _on_accepted(self) -> None:
        try:
            self.complete()
        except SkelsegError as error:
            self.show_message(in_language(error))
            return
        self.accept()

    def show_message(self, text: str, wrong: bool = True) -> None:
        """Show an error, or with ``wrong`` False the progress."""
        theme.set_tone(self.wrong, "error" if wrong else "dim")
        self.wrong.setText(text)
        self.wrong.show()


class NewProjectDialog(_Dialog):
    """Ask for a folder, videos, poses, skeleton and classes, and make the project."""

    def __init__(
        self,
        parent: QWidget | None = None,
        videos: Sequence[Path] = (),
        poses: Sequence[Path] = (),
    ) -> None:
        super().__init__(parent, tr("New project"), tr("Create project"))
        self.setMinimumWidth(560)
        self.root: Path | None = None
        self._job: Job | None = None
        self._form = form = QFormLayout()
        form.setSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        self.folder = QLineEdit()
        self.folder.setPlaceholderText(tr("A new folder for the labels"))
        form.addRow(tr("Folder"), self._with_button(self.folder, self._choose_folder))
        self.videos = PathsLine()
        self.videos.setPlaceholderText(tr("You can add them later"))
        form.addRow(tr("Videos"), self._with_button(self.videos, self._choose_videos))
        self.by_names = QCheckBox()
        self.by_names.setToolTip(
            tr("Models are tested on people new to them. You can change this later")
        )
        form.addRow(tr("People"), self.by_names)
        self.poses = PathsLine()
        self.poses.setPlaceholderText(tr("Optional: poses from another tool"))
        form.addRow(tr("Poses"), self._with_button(self.poses, self._choose_poses))
        from app.views.dialogs.skeleton_choice import SkeletonChoice

        self.skeleton = SkeletonChoice()
        self.skeleton.told.connect(self._on_told)
        self.skeleton.looking.connect(lambda on: self.ok.setEnabled(not on))
        form.addRow(tr("Skeleton"), self.skeleton)
        self.body.addLayout(form)
        head = QHBoxLayout()
        head.addWidget(Label(tr("Classes, one per line")))
        head.addStretch()
        read = QPushButton(tr("Read from a text file…"))
        read.clicked.connect(self._read_classes)
        head.addWidget(read)
        self.body.addLayout(head)
        self.classes = QPlainTextEdit()
        self.classes.setPlaceholderText("walk\nreach\nopen drawer\n…")
        self.classes.setTabChangesFocus(True)
        self.body.addWidget(self.classes)
        self.finish_layout()
        self.videos.taken.connect(self._on_videos)
        self.poses.taken.connect(self._on_poses)
        self._on_videos()
        self.videos.paths, self.poses.paths = list(videos), list(poses)
        self.classes.setFocus()

    def _with_button(self, line: QLineEdit, run: object) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(line, 1)
        button = QPushButton(tr("Choose…"))
        button.setAutoDefault(False)
        button.clicked.connect(run)
        layout.addWidget(button)
        return row

    def _choose_folder(self) -> None:
        start = str(Path(self.folder.text()).parent if self.folder.text() else "")
        place = ask_new(self, tr("Folder of the new project"), start)
        if place is not None:
            self.folder.setText(str(place))

    def _choose_videos(self) -> None:
        paths = ask_files(self, tr("Videos"), _video_files())
        if paths:
            self.videos.paths = paths

    def _on_videos(self) -> None:
        videos = self.videos.paths
        if videos and not self.folder.text():
            first = videos[0].absolute()
            folder = media_path(first).file.parent
            # Of several, the folder has the name that says what they are.
            title = media_title(first) if len(videos) == 1 else folder.name
            self.folder.setText(str(folder / f"{short_name(title)}-project"))
        paths = {VideoId(media_title(v)): v.as_posix() for v in videos}
        people = proposal_text(people_by_names(paths))
        self.by_names.setText(tr("{} (from the file names)").format(people))
        self.by_names.setChecked(bool(people))
        self._form.setRowVisible(self.by_names, bool(people))

    def _choose_poses(self) -> None:
        names = ask_pose_files(self)
        if names:
            self.poses.paths = names

    def _on_poses(self) -> None:
        for path in self.poses.paths[:1]:
            self.skeleton.take_file(path)

    def _on_told(self, text: str) -> None:
        self.show_message(text)
        self.wrong.setVisible(bool(text))

    def _read_classes(self) -> None:
        path = ask_file(self, tr("Class names"), _files(tr("Text files"), "*.txt"))
        if path is None:
            return
        try:
            self.classes.setPlainText("\n".join(load_class_names(path)))
        except SkelsegError as error:
            self.show_message(in_language(error))

    def task(self) -> Task[Path]:
        """Return the task that makes the project; raise SkelsegError for a field."""
        if not self.folder.text().strip():
            raise EditError("Choose a folder for the project.")
        names = [n.strip() for n in self.classes.toPlainText().splitlines()]
        label_map = label_map_from_names(n for n in names if n)
        root = Path(os.path.expanduser(self.folder.text().strip()))
        skeleton = self.skeleton.name
        by_names = self.by_names.isChecked()
        videos, poses = self.videos.paths, self.poses.paths
        return make_project(root, label_map, videos, skeleton, poses, by_names)

    def _on_accepted(self) -> None:
        if self.videos.take() | self.poses.take():
            return  # what follows from them is shown before it is made
        try:
            self.task()  # what is wrong with a field is said before more is asked
        except SkelsegError as error:
            self.show_message(in_language(error))
        else:
            self.skeleton.complete(self._create)

    def _create(self) -> None:
        try:
            job = Job(tr("New project"), self.task())
        except SkelsegError as error:
            self.show_message(in_language(error))
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
        self.show_message(f"{in_language(progress.step)}{done}", wrong=False)

    def _on_failed(self, text: str) -> None:
        self._forget_job()
        self.ok.setEnabled(True)
        self.show_message(text)

    def _on_done(self, root: Path) -> None:
        self._forget_job()
        self.root = root
        self.accept()

    def reject(self) -> None:
        self.skeleton.close_job()
        if self._job is not None:
            self._job.cancel()
            self._forget_job()
        super().reject()

    def _forget_job(self) -> None:
        # The dialog waits for the thread, so that the job is not deleted by it.
        if self._job is not None:
            self._job.wait()
            self._job = None


class _NotesField(QPlainTextEdit):
    """A field for notes; Return begins a line, Ctrl+Return finishes."""

    finished = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finished.emit()
        else:
            super().keyPressEvent(event)


class NotesDialog(_Dialog):
    """Edit the notes about a video."""

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
            self.tr("What to remember: who, where, what went wrong")
        )
        self.field.setTabChangesFocus(True)
        self.field.moveCursor(QTextCursor.MoveOperation.End)
        self.body.addWidget(self.field)
        self.finish_layout()
        self.field.setFocus()


class CommentDialog(NotesDialog):
    """Write a comment on frames."""

    def __init__(self, parent: QWidget, what: str, text: str = "") -> None:
        super().__init__(parent, "", text)
        self.setWindowTitle(what)
        self.ok.setText(self.tr("Save comment"))
        self.ok.setToolTip(self.tr("Save comment (Ctrl+Return)"))
        self.setMinimumSize(360, 180)
        self.field.setAccessibleName(what)
        self.field.setPlaceholderText(
            self.tr("What is doubtful here, or what is left to do")
        )


class Dialogs:
    """Ask questions and pass the answers to the services."""

    def __init__(self, window: QWidget, services: Services) -> None:
        self._window, self._services = window, services
        self._exported: Path | None = None

    @command("add", "Add videos…", "Ctrl+Shift+O", acts_on="videos")
    def add_videos(self) -> None:
        """Ask for video files and add them."""
        paths = ask_files(self._window, tr("Add videos"), _video_files())
        if paths:
            self._services.files.video_files.add(paths)

    def folder_of_videos(self) -> Path | None:
        """Ask for the folder that videos were moved to; None where cancelled."""
        root = self._services.document.folder.root
        title = tr("Look for moved videos in this folder and its subfolders")
        return ask_folder(self._window, title, str(root.parent))

    @command(
        "image-rate",
        "Image rate…",
        enabled=lambda self: self._services.files.video_files.image_rate is not None,
        acts_on="video",
    )
    def ask_image_rate(self) -> None:
        """Ask for the frame rate of the current image sequence."""
        rate = self._services.files.video_files.image_rate
        if rate is None:
            return
        chosen, ok = QInputDialog.getDouble(
            self._window,
            tr("Image rate"),
            tr("Images per second"),
            rate,
            LOWEST_RATE,
            HIGHEST_RATE,
            3,
        )
        if ok:
            self._services.files.video_files.set_image_rate(chosen)

    @command(
        "notes",
        "Notes about this video…",
        "Ctrl+Shift+N",
        enabled=lambda self: self._services.current_video.item is not None,
        acts_on="video",
    )
    def edit_notes(self, video_id: VideoId | None = None) -> None:
        """Edit the notes about a video, by default the current one."""
        document, session = self._services.document, self._services.session
        video_id = video_id or session.video_id
        if not document.project.has_video(video_id):
            return
        notes = document.project.video(video_id).notes
        dialog = NotesDialog(self._window, video_id, notes)
        # Where it is refused, as somebody else labels the video, the text stays there.
        while dialog.exec():
            words, text = dialog.tr("Notes of {}"), dialog.field.toPlainText()
            edit = partial(set_notes, video_id=video_id, notes=text)
            made = document.apply(words.format(video_id), edit)
            if made or text.split() == notes.split():
                return

    @command(
        "comment",
        "Comment…",
        "Ctrl+Shift+C",
        enabled=lambda self: self._services.current_video.item is not None,
        tip="On the marked range, else on the selected segment, else on this frame",
        acts_on="video",
    )
    def ask_comment(self) -> None:
        """Ask for a comment on the frames that are marked, selected or shown."""
        services = self._services
        services.player.pause()
        comments, span = services.labelling.comments, services.labelling.comments.span()
        what = tr("Comment on frames {}").format(frames_named(*span))
        self._ask_text(what, "", lambda text: comments.add(text, span))

    def change_comment(self, remark: Remark) -> None:
        """Ask for another text of a comment."""
        comments, text = self._services.labelling.comments, remark.comment.text
        what = tr("Change comment")
        self._ask_text(what, text, lambda new: comments.rewrite(remark, new))

    def _ask_text(self, what: str, text: str, run: Callable[[str], bool]) -> None:
        """Ask for a text until it is taken, or none is wanted."""
        dialog = CommentDialog(self._window, what, text)
        while dialog.exec():
            said = dialog.field.toPlainText().strip()
            if not said or said == text or run(said):
                return

    @command(
        "people",
        "Person ids…",
        enabled=lambda self: self._services.current_video.item is not None,
        tip="Models are tested on people new to them",
        acts_on="video",
    )
    def ask_people(self, videos: Sequence[VideoId] = ()) -> None:
        """Ask who is in some videos, by default the current one."""
        services = self._services
        ids = list(videos) or [services.session.video_id]
        text, known = services.models.several_videos.people_of(ids)
        label = tr(
            "Give each person one id, the same in all their videos.\nSeparate several "
            "ids by commas. Models are tested on people new to them."
        )
        title = tr("Person ids in {}").format(ids[0])
        if len(ids) > 1:
            title = plural("Person ids in {n} video(s)", len(ids))
        asked = True
        while asked:
            before, names = text, dict.fromkeys((text, *known))
            text, asked = QInputDialog.getItem(
                self._window, title, label, list(names), 0, True
            )
            # Where it is refused, as somebody else labels one, the text stays there.
            if asked and services.models.several_videos.name_people(ids, text):
                return
            asked = asked and text != before

    @command(
        "tier-add-points",
        "Add a tier of points…",
        args=("person", "points"),
        acts_on="tiers",
        tip="Labels of single frames, such as contacts, instead of segments",
    )
    @command("tier-add", "Add a tier…", args=("person",), acts_on="tiers")
    @command(
        "tier-add-scene", "Add a tier for the scene…", args=("scene",), acts_on="tiers"
    )
    def ask_tier(self, of: TierOf, kind: TierKind = "segments") -> None:
        """Ask for the name of a new tier."""
        label = tr("What else do you label, such as “Left hand” or “Posture”?")
        if of == "scene":
            label = tr("What do you label for the whole scene, such as “Phase”?")
        if kind == "points":
            label = tr("What do you label at single frames, such as “Contact”?")
        tracks = self._services.labelling.track_editor
        self._ask(tr("Add a tier"), label, lambda name: tracks.add_tier(name, of, kind))

    @command("tier-rename", "Rename this tier…", acts_on="tiers")
    def ask_tier_name(self) -> None:
        """Ask for another name of the tier that is labelled."""
        tracks = self._services.labelling.track_editor
        if tracks.tier is not None:
            label, usual = tr("Name of the tier"), tracks.tier.name
            self._ask(tr("Rename tier"), label, tracks.rename_tier, usual)

    @command(
        "person-add",
        "Add a person…",
        enabled=lambda self: self._services.current_video.item is not None,
        acts_on="tiers",
    )
    def ask_person(self) -> None:
        """Ask for the name of another person of the video."""
        tracks, first = self._services.labelling.track_editor, ""
        if tracks.unnamed:
            label = tr("Name of the person who is labelled now")
            self._ask(tr("Add a person"), label, tracks.name_person)
            first = "".join(tracks.people)
            if not first:
                return
        label = tr("Name of the other person")
        self._ask(tr("Add a person"), label, tracks.add_person)

    @command(
        "person-name",
        "Name this person…",
        enabled=lambda self: self._services.labelling.track_editor.several,
        acts_on="tiers",
    )
    def ask_person_name(self) -> None:
        """Ask for another name of the person who is labelled."""
        item, tracks = (
            self._services.current_video.item,
            self._services.labelling.track_editor,
        )
        if item is not None:
            title = tr("Name this person")
            self._ask(title, tr("Name"), tracks.name_person, item.person)

    def _ask(
        self, title: str, label: str, run: Callable[[str], bool], text: str = ""
    ) -> None:
        """Ask for a name until it is taken or none is wanted."""
        asked = True
        while asked:
            before = text
            text, asked = QInputDialog.getText(self._window, title, label, text=text)
            if not asked or not text.strip() or run(text.strip()):
                return
            asked = text != before

    def folder_to_export_to(self, place: Path) -> Path | None:
        """Ask for a folder to export to; None where cancelled."""
        root = self._services.document.folder.root
        # The file dialog can open only in an existing folder.
        there = place if read_quickly(place.is_dir, False) else root
        return ask_folder(self._window, tr("Export to"), str(there))

    @command(
        "save-statistics",
        "Save class statistics…",
        enabled=lambda self: bool(self._services.document.project.video_ids),
    )
    def save_statistics(self, whole: bool = True) -> None:
        """Ask which statistics of classes are saved, and save them as a CSV file."""
        from skelseg_core.tasks.statistics import StatisticsChoices, save_statistics

        document, video = self._services.document, self._services.session.track_id
        current = self._services.current_video
        shown = current.project
        if shown.blind:
            items = [shown_to_annotator(shown, item) for item in shown.tracks]
            shown = shown.with_tracks(*items)
        dialog = ChoiceDialog(
            self._window,
            tr("Save class statistics"),
            tr(
                "A CSV file with one row per class, also for classes that do not "
                "occur. Times are those of the video files."
            ),
            StatisticsChoices(videos=() if whole or not video else (video,)),
            Offered(shown.tracks, current.models_in_project()),
            (".csv",),
        )
        place = self._exported or document.folder.root
        asked = ask_choices(dialog, place / "statistics")
        if asked is None:
            return
        out, choices = asked

        def tell(done: tuple[int, tuple[str, ...]]) -> None:
            n_rows, notes = done
            text = plural("Wrote {n} row(s) to {out}.", n_rows, out=out)
            self._services.tasks.tell(text, notes)

        self._services.tasks.run(
            tr("Save statistics"),
            save_statistics(document.folder, shown, choices, out),
            tell,
            tr("The file was not written. Save it again."),
        )

    def class_file(self) -> Path | None:
        """Ask for a class file to import; None where cancelled."""
        kinds = _files(tr("Classes"), CLASS_FILES)
        return ask_file(self._window, tr("Import classes"), kinds)

    def new_class_file(self) -> Path | None:
        """Ask for a class file to write, whose suffix is the format; None for none."""
        root = self._services.document.folder.root
        title = tr("Export classes: .yaml, .txt or mapping.txt")
        kinds = _files(tr("Classes"), CLASS_FILES)
        return ask_new(self._window, title, str(root / "classes.yaml"), kinds)

    def show_message(self, text: str) -> None:
        """Show a warning that needs an answer at once."""
        box = QMessageBox(QMessageBox.Icon.NoIcon, "skelseg", text, parent=self._window)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.exec()
        box.deleteLater()


def ask_new_project(
    parent: QWidget | None, videos: Sequence[Path] = (), poses: Sequence[Path] = ()
) -> Path | None:
    """Make a project in a dialog; return its folder, or None."""
    dialog = NewProjectDialog(parent, videos, poses)
    return dialog.root if dialog.exec() else None


def ask_project(parent: QWidget | None) -> Path | None:
    """Ask for the folder of a project; None where cancelled."""
    return ask_folder(parent, tr("Open project"))


def ask_dataset_project(parent: QWidget | None, src: Path) -> Path | None:
    """Ask for a new folder for the project of a data set; None where cancelled."""
    title = tr("Folder of the new project")
    return ask_new(parent, title, str(src.with_name(f"{src.name}-project")))


def _video_files() -> str:
    videos = f"{tr('Videos')} ({VIDEO_FILES})"
    return f"{videos};;{tr('One of numbered images')} ({IMAGE_FILES})"


def _files(words: str, patterns: str) -> str:
    return f"{words} ({patterns});;{tr('All')} (*)"
