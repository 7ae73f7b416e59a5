"""Two windows, and a command, on one project folder: nobody loses an edit."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.state.document import open_document
from app.window.main_window import MainWindow
from app.window.project_window import ProjectWindow
from skelseg_core.labels.edits import paint
from skelseg_core.labels.segmentation import Segmentation
from skelseg_core.module_commands import module_command
from skelseg_core.project.class_edits import add_class
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project_edits import set_notes
from tests.app.windows import kill, opened, trigger

WAIT_MS = 30_000


@pytest.fixture
def anna(qtbot: QtBot, project_folder: ProjectFolder) -> Iterator[ProjectWindow]:
    with opened(qtbot, project_folder) as made:
        yield made


@pytest.fixture
def ben(
    qtbot: QtBot, project_folder: ProjectFolder, anna: ProjectWindow
) -> Iterator[ProjectWindow]:
    with opened(qtbot, project_folder) as made:
        yield made


def label(window: ProjectWindow, video: str, start: int, class_id: int = 0) -> bool:
    return window.document.edit_lane(
        "Paint", video, lambda a: paint(a, start, start + 10, class_id)
    )


def lane(window: ProjectWindow, video: str) -> Segmentation:
    return window.document.project.track(video).annotation


def on_disk(window: ProjectWindow, video: str) -> Segmentation:
    folder = ProjectFolder(window.document.folder.root)
    return folder.load().track(video).annotation


def held(qtbot: QtBot, window: ProjectWindow, video: str) -> None:
    qtbot.waitUntil(lambda: video in window.document.claims.held, timeout=WAIT_MS)


def taken_over(qtbot: QtBot, window: ProjectWindow, video: str) -> None:
    """Take over the current video, and wait until the window may label it."""
    trigger(window, "claim-take-over")
    held(qtbot, window, video)
    sees(qtbot, window)


def sees(qtbot: QtBot, window: ProjectWindow, *videos: str) -> None:
    """Wait until a window knows that the other labels these videos."""
    claims = window.services.files.video_claims
    claims.look()
    qtbot.waitUntil(lambda: set(claims.others) == set(videos), timeout=WAIT_MS)


def shown_as_lane(
    qtbot: QtBot, window: ProjectWindow, frame: int, class_id: int
) -> None:
    """Wait until what was kept beside is a lane of who labels the video now."""

    def at() -> object:
        item = window.document.project.track("one")
        theirs = item.lanes.get("annotator:other")
        return theirs and theirs.at(frame).class_id

    qtbot.waitUntil(lambda: at() == class_id, timeout=WAIT_MS)


def test_different_videos_are_labelled_at_once(
    qtbot: QtBot, anna: ProjectWindow, ben: ProjectWindow
) -> None:
    for start in (0, 20, 40):
        assert label(anna, "one", start)
        assert label(ben, "two", start)
    assert anna.document.apply("Class", lambda p: add_class(p, "pour"))
    assert ben.document.apply("Notes", lambda p: set_notes(p, "two", "by Ben"))
    anna.document.save_now()
    ben.document.save_now()
    for window in (anna, ben):
        qtbot.waitUntil(
            lambda w=window: (
                lane(w, "one").n_labelled == lane(w, "two").n_labelled == 30
                and w.document.project.video("two").notes == "by Ben"
                and "pour" in w.document.project.label_map.names
            ),
            timeout=WAIT_MS,
        )
    assert not list(anna.document.folder.root.rglob("*.conflict-*"))
    anna.document.undo()  # the class
    anna.document.undo()
    anna.document.save_now()
    assert on_disk(anna, "one").n_labelled == 20
    assert on_disk(anna, "two").n_labelled == 30


def test_the_same_video_is_for_one_until_the_other_takes_it_over(
    qtbot: QtBot, anna: ProjectWindow, ben: ProjectWindow
) -> None:
    assert label(anna, "one", 0)
    held(qtbot, anna, "one")
    sees(qtbot, ben, "one")
    ben.session.set_video("one")
    assert not label(ben, "one", 40)
    anna.document.save_now()
    taken_over(qtbot, ben, "one")
    qtbot.waitUntil(lambda: lane(ben, "one").n_labelled == 10, timeout=WAIT_MS)
    assert label(ben, "one", 40, 1)
    ben.document.save_now()
    sees(qtbot, anna, "one")
    assert not label(anna, "one", 60)
    qtbot.waitUntil(lambda: lane(anna, "one").n_labelled == 20, timeout=WAIT_MS)
    assert on_disk(ben, "one").n_labelled == 20
    assert not list(anna.document.folder.root.rglob("*.conflict-*"))


def test_edits_that_were_not_saved_before_a_take_over_are_beside(
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    anna: ProjectWindow,
    ben: ProjectWindow,
) -> None:
    assert label(anna, "one", 0)
    held(qtbot, anna, "one")
    anna.document.save_now()
    sees(qtbot, ben, "one")
    ben.session.set_video("one")
    with monkeypatch.context() as unnoticed:  # by Anna's window
        unnoticed.setattr(anna.document.claims, "others", dict)
        unnoticed.setattr(anna.document.claims, "beat", lambda: None)
        taken_over(qtbot, ben, "one")
        assert label(anna, "one", 60, 2)
    assert label(ben, "one", 40, 1)
    ben.document.save_now()
    anna.document.save_now()
    (kept,) = anna.document.folder.root.rglob("one.conflict-*.json")
    qtbot.waitUntil(
        lambda: any(
            kept.name in n.text for n in anna.services.notices.all if n.warning
        ),
        timeout=WAIT_MS,
    )
    qtbot.waitUntil(lambda: lane(anna, "one") == lane(ben, "one"), timeout=WAIT_MS)
    assert on_disk(ben, "one") == lane(ben, "one")
    assert lane(ben, "one").at(65).class_id is None
    shown_as_lane(qtbot, ben, 65, 2)


def test_what_a_killed_window_had_not_saved_comes_back_beside_another_window(
    qtbot: QtBot, project_folder: ProjectFolder, ben: ProjectWindow
) -> None:
    killed = open_document(ProjectFolder(project_folder.root))
    killed.claims.take("one")
    killed.edit_lane("Paint", "one", lambda a: paint(a, 0, 10, 0))
    kill(killed)
    assert label(ben, "two", 0)
    again = open_document(ProjectFolder(project_folder.root))
    assert again.recovered == 1
    again.close()
    qtbot.waitUntil(lambda: lane(ben, "one").n_labelled == 10, timeout=WAIT_MS)
    ben.document.save_now()
    assert on_disk(ben, "one").n_labelled == on_disk(ben, "two").n_labelled == 10


def test_recovered_edits_of_a_video_that_somebody_else_labels_are_beside(
    qtbot: QtBot, project_folder: ProjectFolder, ben: ProjectWindow
) -> None:
    killed = open_document(ProjectFolder(project_folder.root))
    killed.edit_lane("Paint", "one", lambda a: paint(a, 0, 10, 0))
    kill(killed)
    assert label(ben, "one", 40, 1)
    held(qtbot, ben, "one")
    ben.document.save_now()
    with opened(qtbot, project_folder) as again:
        # Ben's window may have made a lane of its labels by now and have put it aside.
        root = project_folder.root
        beside = {p.relative_to(root) for p in root.rglob("one.conflict-*.json")}
        (kept,) = {p.name for p in beside if p.parts[0] != "annotators"}
        qtbot.waitUntil(
            lambda: any(kept in n.text for n in again.services.notices.all),
            timeout=WAIT_MS,
        )
        assert lane(again, "one").n_labelled == 10
        assert lane(again, "one").at(45).class_id == 1
        shown_as_lane(qtbot, ben, 5, 0)
    assert on_disk(ben, "one") == lane(ben, "one")


def test_a_command_beside_a_window_adds_and_refuses(
    qtbot: QtBot, project_folder: ProjectFolder, anna: ProjectWindow
) -> None:
    root = project_folder.root
    assert label(anna, "one", 0)
    held(qtbot, anna, "one")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            module_command("skelseg_core.cli.main", *arguments),
            capture_output=True,
            text=True,
            check=False,
        )

    refused = run("fill", str(root), "one")
    assert refused.returncode == 2
    assert "one is being labelled on" in refused.stderr
    copy = root.parent / "three.mp4"
    copy.write_bytes((root.parent / "two.mp4").read_bytes())
    assert run("add", str(root), str(copy)).returncode == 0
    qtbot.waitUntil(lambda: anna.document.project.has("three"), timeout=WAIT_MS)
    assert anna.document.apply("Notes", lambda p: set_notes(p, "two", "mine"))
    anna.document.save_now()
    project = ProjectFolder(root).load()
    assert project.track_ids == ("one", "two", "three")
    assert project.track("two").video.notes == "mine"
    assert not list(root.rglob("*.conflict-*"))


def test_the_lock_of_an_older_version_stops_nobody(
    qtbot: QtBot, project_folder: ProjectFolder
) -> None:
    lock = project_folder.root / ".lock"
    lock.write_text("4711\nskelseg\nLAB-3\n")
    with opened(qtbot, project_folder) as window:
        assert label(window, "one", 0)
        window.document.save_now()
    assert ProjectFolder(project_folder.root).load().track("one").annotation.n_labelled
    assert lock.exists()


def test_a_window_whose_project_is_opened_twice_closes_once(
    qtbot: QtBot, anna: ProjectWindow, ben: ProjectWindow
) -> None:
    assert label(anna, "one", 0)
    held(qtbot, anna, "one")
    window = ben.window
    assert isinstance(window, MainWindow)
    window.close()
    assert label(anna, "one", 20)
    anna.document.save_now()
    assert on_disk(anna, "one").n_labelled == 20


def test_two_windows_label_two_tracks_of_one_video(
    qtbot: QtBot, anna: ProjectWindow, ben: ProjectWindow
) -> None:
    assert anna.services.labelling.track_editor.add_tier("Left hand", "person")
    left = anna.document.project.classes_of("one@Left_hand").ids[0]
    qtbot.waitUntil(lambda: not anna.document.unsaved, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: ben.document.project.has("one@Left_hand"), timeout=WAIT_MS)
    assert label(anna, "one", 0)
    held(qtbot, anna, "one")
    assert label(ben, "one@Left_hand", 5, left)
    held(qtbot, ben, "one@Left_hand")
    assert label(anna, "one", 20)
    for window in (anna, ben):
        qtbot.waitUntil(lambda w=window: not w.document.unsaved, timeout=WAIT_MS)
    assert on_disk(anna, "one").n_labelled == 20
    assert on_disk(anna, "one@Left_hand").n_labelled == 10


def test_what_the_other_window_labels_cannot_be_removed(
    qtbot: QtBot, anna: ProjectWindow, ben: ProjectWindow
) -> None:
    """It is asked at the removal: the last look was before the first label."""
    tracks = anna.services.labelling.track_editor
    assert tracks.add_tier("Left hand", "person")
    anna.document.save_now()
    qtbot.waitUntil(lambda: ben.document.project.has("one@Left_hand"), timeout=WAIT_MS)
    hand = ben.document.project.classes_of("one@Left_hand").ids[0]
    said: list[str] = []
    anna.document.problem.connect(said.append)
    assert label(ben, "one@Left_hand", 0, hand)
    held(qtbot, ben, "one@Left_hand")
    ben.document.save_now()
    anna.session.set_video("two@Left_hand")
    tracks.remove_tier()
    anna.document.undo()  # of adding it
    anna.services.files.video_files.remove("one")
    assert len(said) == 3
    begin = "one: Left hand cannot be removed: it is being labelled on"
    assert all(sentence.startswith(begin) for sentence in said)
    assert anna.document.project.has("one@Left_hand")
    anna.document.save_now()
    assert on_disk(anna, "one@Left_hand").n_labelled == 10


def test_a_tier_that_goes_while_the_other_begins_to_label_it_comes_back(
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    anna: ProjectWindow,
    ben: ProjectWindow,
) -> None:
    assert anna.services.labelling.track_editor.add_tier("Left hand", "person")
    anna.document.save_now()
    qtbot.waitUntil(lambda: ben.document.project.has("one@Left_hand"), timeout=WAIT_MS)
    hand = ben.document.project.classes_of("one@Left_hand").ids[0]
    notes: list[str] = []
    anna.document.noted.connect(notes.append)
    with monkeypatch.context() as unnoticed:  # by Anna's window
        unnoticed.setattr(anna.document.claims, "others", dict)
        assert label(ben, "one@Left_hand", 0, hand)
        held(qtbot, ben, "one@Left_hand")
        ben.document.save_now()
        anna.document.undo()
        assert not anna.document.project.has("one@Left_hand")
        anna.document.save_now()
    for window in (anna, ben):
        qtbot.waitUntil(
            lambda w=window: (
                w.document.project.has("one@Left_hand")
                and lane(w, "one@Left_hand").n_labelled == 10
            ),
            timeout=WAIT_MS,
        )
    assert any("cannot be removed, because somebody" in note for note in notes)
    assert on_disk(anna, "one@Left_hand").n_labelled == 10
    assert label(ben, "one@Left_hand", 40, hand)
    ben.document.save_now()
    assert on_disk(ben, "one@Left_hand").n_labelled == 20


def test_what_others_did_is_told_in_videos_and_words(
    qtbot: QtBot, anna: ProjectWindow, ben: ProjectWindow
) -> None:
    """Two tracks of a video are one video, and no sentence has the id of a track."""
    assert anna.services.labelling.track_editor.add_tier("Left hand", "person")
    hand = anna.document.project.classes_of("one@Left_hand").ids[0]
    anna.document.save_now()
    qtbot.waitUntil(lambda: ben.document.project.has("one@Left_hand"), timeout=WAIT_MS)
    said: list[str] = []
    ben.services.notices.changed.connect(
        lambda: said.extend(n.text for n in ben.services.notices.all)
    )
    assert label(anna, "one", 0)
    assert label(anna, "one@Left_hand", 0, hand)
    held(qtbot, anna, "one@Left_hand")
    anna.document.save_now()
    qtbot.waitUntil(
        lambda: any(text.startswith("Others changed one. You see") for text in said),
        timeout=WAIT_MS,
    )
    sees(qtbot, ben, "one", "one@Left_hand")
    refused: list[str] = []
    ben.document.problem.connect(refused.append)
    ben.session.set_video("two")
    assert not label(ben, "one@Left_hand", 20, hand)
    assert refused[0].startswith("one: Left hand is being labelled on")
    assert not any("@" in text for text in (*said, *refused))
