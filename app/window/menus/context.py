"""The menu at a place of the timeline: what applies to the segment that is there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QColor, QIcon, QPixmap
from PySide6.QtWidgets import QMenu, QWidget

from app.kit.commands import Actions
from app.timeline.kinds.subject import SubjectLane
from app.timeline.lane import Lane
from app.timeline.style import frames_text
from app.window.parts import Parts
from skelseg_core.labels.classes import (
    LabelMap,
)
from skelseg_core.labels.segmentation import (
    Segment,
)
from skelseg_core.project.value import VideoItem

SWATCH_PX = 12


def timeline_menu(
    parts: Parts, actions: Actions, lane: Lane, frame: int, parent: QWidget
) -> QMenu | None:
    """What can be done at a frame of a lane; None where there is nothing.

    Everything there acts on this frame, wherever the playhead is; on all segments that
    are selected, where this is one of them.
    """
    item = parts.segment_editor.item
    if item is not None and isinstance(lane, SubjectLane):
        return _subject_menu(parts, frame, parent)
    if item is None or lane.source not in item.lanes:
        return None
    parts.class_keys.let_go()
    menu = QMenu(parent)
    segment = item.lanes[lane.source].at(frame)
    label_map = parts.document.project.label_map
    name = label_map.name_of(segment.class_id) or _tr("unlabelled")
    title = menu.addAction(f"{name.replace('&', '&&')}  ·  {frames_text(len(segment))}")
    title.setEnabled(False)
    menu.addSeparator()
    if lane.editable:
        if (segment.start, segment.stop) not in parts.session.chosen:
            parts.session.set_chosen(())
        _add_edits(menu, parts, actions, item, frame, segment)
    else:
        _add(
            menu, _tr("Copy to the annotation"), actions["copy-lane"]
        ).triggered.connect(lambda: parts.segment_editor.copy_lane(lane.source, frame))
    menu.addSeparator()
    _add(menu, _tr("Play this segment in a loop"), actions["loop"]).triggered.connect(
        lambda: _at(parts, frame, parts.review_playback.loop)
    )
    around = _add(menu, _tr("Play around its start"), actions["around"])
    around.setEnabled(segment.start > 0)
    around.triggered.connect(lambda: parts.review_playback.around_frame(segment.start))
    return menu


def _subject_menu(parts: Parts, frame: int, parent: QWidget) -> QMenu:
    """Who is the subject from a frame on, and the choice that holds there."""
    people, menu = parts.subject_choice, QMenu(parent)
    subject = parts.docks.timeline.data.subject
    title = menu.addAction(subject.text_at(frame) if subject is not None else "")
    title.setEnabled(False)
    menu.addSeparator()
    for person in people.others(frame):
        text = _tr("Person {} is the subject from frame {} on")
        chosen = menu.addAction(text.format(person + 1, f"{frame:,}"))
        chosen.triggered.connect(lambda _=False, n=person: people.choose(n, frame))
    menu.addSeparator()
    choice = people.choice(frame)
    if choice is not None:
        go = menu.addAction(_tr("Go to the choice at frame {}").format(f"{choice:,}"))
        go.triggered.connect(lambda: parts.player.seek(choice))
        forget = _tr("Forget the choice at frame {}").format(f"{choice:,}")
        menu.addAction(forget).triggered.connect(lambda: people.forget(frame))
    return menu


def _add_edits(
    menu: QMenu,
    parts: Parts,
    actions: Actions,
    item: VideoItem,
    frame: int,
    segment: Segment,
) -> None:
    editing, session = parts.segment_editor, parts.session
    several = len(session.chosen) > 1
    _add_classes(
        menu.addMenu(_tr("Label all selected as") if several else _tr("Label as")),
        parts.document.project.label_map,
        lambda class_id: _label(parts, class_id, frame),
    )
    rows: list[tuple[str, str, bool, Callable[[], object]]] = [
        ("unlabel", _tr("Remove label"), True, lambda: _label(parts, None, frame)),
        (
            "split",
            _tr("Split here, at frame {}").format(f"{frame:,}"),
            frame != segment.start and not several,
            lambda: editing.split(frame),
        ),
        (
            "merge",
            _tr("Merge all selected") if several else _tr("Merge with next"),
            several or segment.stop < item.n_frames,
            lambda: editing.merge(frame),
        ),
        (
            "absorb",
            _tr("Delete all selected") if several else _tr("Delete into neighbour"),
            len(item.annotation) > 1,
            lambda: editing.delete_into_neighbour(frame),
        ),
        (
            "review",
            _tr("Accept all selected") if several else _tr("Accept segment"),
            several or segment.class_id is not None,
            lambda: editing.accept(frame),
        ),
    ]
    for action_id, text, enabled, run in rows:
        action = _add(menu, text, actions[action_id])
        action.setEnabled(enabled)
        action.triggered.connect(run)


def _label(parts: Parts, class_id: int | None, frame: int) -> None:
    if parts.session.chosen:
        parts.segment_editor.apply_class(class_id)
    else:
        parts.segment_editor.label(class_id, frame)


def _add(menu: QMenu, text: str, like: QAction) -> QAction:
    """An action that shows the key of its fellow in the menus, and has none itself."""
    keys = like.shortcut().toString()
    # What stands after the tab is shown as the key and is not one.
    return menu.addAction(like.icon(), f"{text}\t{keys}" if keys else text)


def _add_classes(
    menu: QMenu, label_map: LabelMap, label: Callable[[int], object]
) -> None:
    for found, key in zip(label_map.classes, label_map.keys, strict=True):
        text = found.name.replace("&", "&&")
        action = menu.addAction(_swatch(found.color), f"{text}\t{key}" if key else text)
        action.triggered.connect(lambda _=False, i=found.id: label(i))


def _swatch(colour: str) -> QIcon:
    picture = QPixmap(SWATCH_PX, SWATCH_PX)
    picture.fill(QColor(colour))
    return QIcon(picture)


def _at(parts: Parts, frame: int, run: Callable[[], object]) -> None:
    parts.player.pause()
    parts.player.seek(frame)
    run()


def _tr(text: str) -> str:
    return QCoreApplication.translate("TimelineMenu", text)
