"""Make the context menu of the timeline for the segment under the pointer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QMenu

from app.kit.commands import Commands
from app.kit.label_style import frames_text
from app.kit.language import tr
from app.services.services import Services
from app.timeline.kinds.subject import SubjectLane
from app.timeline.lane import Lane, TipPoint
from app.timeline.segment_lane import unnamed
from app.timeline.view import TimelineView
from skelseg_core.labels.classes import LabelMap
from skelseg_core.labels.segmentation import Segment
from skelseg_core.project.videos_and_tracks import Track

SWATCH_PX = 12


def timeline_menu(
    services: Services,
    commands: Commands,
    lane: Lane,
    frame: int,
    timeline: TimelineView,
) -> QMenu | None:
    """Make the context menu for a frame of a lane; None where nothing applies.

    Its commands act on this frame, wherever the playhead is; on all selected segments,
    where this is one of them. It shows no keys, for these act at the playhead.
    """
    item = services.labelling.segment_editor.item
    if item is not None and isinstance(lane, SubjectLane):
        return _subject_menu(services, frame, timeline)
    shown = services.current_video.lane(lane.source)
    if item is None or shown is None:
        return None
    services.review.class_keys.release_all()
    menu = QMenu(timeline)
    segment = shown.at(frame)
    label_map = services.current_video.classes
    name = label_map.name_of(segment.class_id) or unnamed(segment)
    title = menu.addAction(f"{name.replace('&', '&&')}  ·  {frames_text(len(segment))}")
    title.setEnabled(False)
    menu.addSeparator()
    if lane.editable:
        if (segment.start, segment.stop) not in services.session.chosen:
            services.session.set_chosen(())
        _add_edits(menu, services, commands, item, frame, segment)
    else:
        copy = menu.addAction(tr("Copy to the annotation"))
        copy.triggered.connect(
            lambda: services.labelling.segment_editor.copy_lane(
                lane.source, shown, frame
            )
        )
    menu.addSeparator()
    menu.addAction(tr("Loop this segment")).triggered.connect(
        lambda: _at(services, frame, services.review.review_playback.loop_segment)
    )
    around = menu.addAction(tr("Play around its start"))
    around.setEnabled(segment.start > 0)
    around.triggered.connect(
        lambda: services.review.review_playback.around_frame(segment.start)
    )
    return menu


def _subject_menu(services: Services, frame: int, timeline: TimelineView) -> QMenu:
    """Make the menu that chooses the subject from a frame on."""
    people, menu = services.labelling.subject_choice, QMenu(timeline)
    subject = SubjectLane().tip(TipPoint(frame, 0.0, 0.0), timeline.data)
    title = menu.addAction(subject)
    title.setEnabled(False)
    menu.addSeparator()
    for person in people.others(frame):
        text = tr("Person {} is the subject from frame {} on")
        chosen = menu.addAction(text.format(person + 1, f"{frame:,}"))
        chosen.triggered.connect(lambda _=False, n=person: people.choose(n, frame))
    menu.addSeparator()
    choice = people.choice(frame)
    if choice is not None:
        go = menu.addAction(tr("Go to the choice at frame {}").format(f"{choice:,}"))
        go.triggered.connect(lambda: services.player.seek(choice))
        forget = tr("Forget the choice at frame {}").format(f"{choice:,}")
        menu.addAction(forget).triggered.connect(lambda: people.forget(frame))
    return menu


def _add_edits(
    menu: QMenu,
    services: Services,
    commands: Commands,
    item: Track,
    frame: int,
    segment: Segment,
) -> None:
    editing, session = services.labelling.segment_editor, services.session
    several = len(session.chosen) > 1
    _add_classes(
        menu.addMenu(tr("Label all selected as") if several else tr("Label as")),
        services.current_video.classes,
        lambda class_id: _label(services, class_id, frame),
    )
    rows: list[tuple[str, str, bool, Callable[[], object]]] = [
        ("unlabel", tr("Remove label"), True, lambda: _label(services, None, frame)),
        (
            "undecided",
            tr("Mark all selected as undecided")
            if several
            else tr("Mark as undecided"),
            several or not segment.undecided,
            lambda: editing.leave_undecided(frame),
        ),
        (
            "split",
            tr("Split here, at frame {}").format(f"{frame:,}"),
            frame != segment.start and not several,
            lambda: editing.split(frame),
        ),
        (
            "merge",
            tr("Merge all selected") if several else tr("Merge with next"),
            several or segment.stop < item.n_frames,
            lambda: editing.merge(frame),
        ),
        (
            "absorb",
            tr("Delete all selected") if several else tr("Delete into neighbour"),
            len(item.annotation) > 1,
            lambda: editing.delete_into_neighbour(frame),
        ),
        (
            "review",
            tr("Mark all selected as reviewed") if several else tr("Mark as reviewed"),
            several or segment.class_id is not None,
            lambda: editing.review_at(frame),
        ),
    ]
    for action_id, text, enabled, run in rows:
        action = menu.addAction(commands[action_id].icon(), text)
        action.setEnabled(enabled)
        action.triggered.connect(run)


def _label(services: Services, class_id: int | None, frame: int) -> None:
    if services.session.chosen:
        services.labelling.segment_editor.apply_class(class_id)
    else:
        services.labelling.segment_editor.label(class_id, frame)


def _add_classes(
    menu: QMenu, label_map: LabelMap, label: Callable[[int], object]
) -> None:
    for found in label_map.classes:
        text = found.name.replace("&", "&&")
        action = menu.addAction(_swatch(found.color), text)
        action.triggered.connect(lambda _=False, i=found.id: label(i))


def _swatch(colour: str) -> QIcon:
    picture = QPixmap(SWATCH_PX, SWATCH_PX)
    picture.fill(QColor(colour))
    return QIcon(picture)


def _at(services: Services, frame: int, run: Callable[[], object]) -> None:
    services.player.pause()
    services.player.seek(frame)
    run()
