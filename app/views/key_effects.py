"""List what every editing key and gesture acts on, and what shows that beforehand.

The help makes its table of this list, and the tests check the program against it: an
edit that is missing here, or that changes more than it says, fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

STEP = "This one step"


@dataclass(frozen=True)
class Act:
    """One editing key or gesture: a row of the help's table.

    ``id`` is that of a command, or of a gesture, which has a ``place``, an effect
    (``text``) and the ``hand`` movement. ``steps`` are the texts of its undo steps,
    with ``{}`` for a name; ``reach`` is a key of `REACHES`.
    """

    id: str
    reach: str
    vouches: str
    steps: tuple[str, ...]
    undo: str = STEP
    place: str = ""
    text: str = ""
    hand: str = ""


REACHES = {
    "class": (
        "The marked range; else the selected segments; else the place in review while "
        "the review has the keyboard; else the segment under the playhead",
        "“1–0 paint 578–583” or “1–0 label 3 segments” beside the class; a veil on the "
        "lanes and the minimap; a frame around what is selected; the playhead. Marks, "
        "and a selection of which nothing is in sight, are shown and asked about first",
    ),
    "selected": (
        "The selected segments; else the segment that begins at the selected boundary; "
        "else the one under the playhead",
        "A frame around what is selected, the boundary in blue, the playhead",
    ),
    "cut": (
        "The selected segments, one alone merged with the next; else the selected "
        "boundary; else the segment under the playhead",
        "A frame around what is selected, the boundary in blue, the playhead",
    ),
    "at": ("The segment under the playhead", "The playhead"),
    "edge": (
        "The selected boundary; else the start or the end of the segment under the "
        "playhead",
        "The boundary in blue; the playhead",
    ),
    "boundary": (
        "The selected boundary: the segments on both sides of it",
        "The boundary in blue, on the timeline and in the loupe",
    ),
    "moved": (
        "The segment that begins at the selected boundary, else the one under the "
        "playhead; its two neighbours give way",
        "The boundary in blue; the playhead",
    ),
    "copied": (
        "The marked range; else the segment of the prediction under the playhead",
        "A veil on the lanes and the minimap; the playhead",
    ),
    "dragged": (
        "The boundary that is dragged: the segments on both sides of it",
        "The handle under the pointer; while it is dragged the picture, the loupe and "
        "the number of frames",
    ),
    "dragged segment": (
        "The segment that is dragged; its two neighbours give way",
        "While it is dragged its ghost, the picture and the number of frames",
    ),
    "dragged range": (
        "The frames that the pointer went over",
        "While it is dragged the range in the colour of the class",
    ),
    "loupe": (
        "The boundary in the loupe: the segments on both sides of it",
        "The line between the pictures; the tooltip names the frame",
    ),
    "rows": ("The rows that are selected", "The selected rows"),
    "strips": ("The strips that are selected on the wall", "The frame around them"),
    "strip": (
        "The boundary at which the segment of the selected strip begins",
        "The frame around it; the gap between its pictures",
    ),
    "wall page": (
        "All strips of this page that are not marked as not right",
        "The page itself; the button at its foot counts them, and the seconds until "
        "each was on the screen for half a second",
    ),
    "row": ("The row that is edited", "The field in the row"),
    "place": (
        "The segment under the pointer; all selected ones where it is one of them",
        "The first line of the menu names it",
    ),
    "played": (
        "Frames that are played while it grows; never frames that a person labelled",
        "What grows over the picture, and on the timeline",
    ),
    "tapped": (
        "Frames that were watched in this run and have no label",
        "The taps on the timeline, and their number over the picture",
    ),
    "filled": (
        "From the playhead on, except frames that a person labelled",
        "The playhead",
    ),
    "around": (
        "The model's segments around the selected boundary, else the playhead: up to "
        "ten seconds before and after, and no further than a person labelled",
        "The boundary in blue; the playhead",
    ),
    "offered": (
        "The places that are offered: segments of the model that nobody reviewed",
        "Ghosts with a dashed frame on the timeline; the message counts them",
    ),
    "left out": (
        "All segments that the chosen rules are about, in all videos, reviewed or not: "
        "their neighbours take the frames",
        "The places under each rule in the panel Conventions, and their number",
    ),
    "rules": ("The rules that are selected", "The rows in the panel Conventions"),
    "accepted": (
        "The whole video, except frames that a person labelled",
        "The lane of the prediction",
    ),
    "reviewed": (
        "The place in review, which is one segment",
        "The frame around it; the panel Review names it",
    ),
    "merged": (
        "The place in review and the segments on both sides of it",
        "The frame around it; the panel Review names it",
    ),
    "disagreement": (
        "The frames of the disagreement in review, which hold its boundaries",
        "The frame around it; the panel Review says what both have there",
    ),
    "disputed": (
        "A lane beside the annotation, which keeps what that says; an annotation "
        "without labels begins as those of the first of the two",
        "The dialog Agreement names the two",
    ),
    "whole project": ("Which lanes are shown, of all videos", "The tick in the menu"),
    "ghost": (
        "The frames of the segment that may be missing at the place in review",
        "A dashed box with the name of the class",
    ),
    "above": (
        "Pre-labels of the shown model from the confidence on, that nobody reviewed, "
        "but for a sample of them",
        "In the question how many segments and frames, and how right such were",
    ),
    "keypoint": (
        "The keypoint under the pointer, else the chosen one, in the frame that is "
        "shown; only with the pointer on the picture",
        "Its name over the picture",
    ),
    "line": (
        "The chosen keypoint between the two corrected frames around this one",
        "Its name over the picture; rings around what is corrected",
    ),
    "handle": ("The keypoint that is dragged, in the frame that is shown", "Its name"),
    "poses": (
        "The people of the marked range; else of the frame that is shown",
        "A veil on the lanes and the minimap; else the picture",
    ),
    "subject": (
        "Who is the subject, from the frame that is shown to the next choice",
        "The person under the pointer; the lane Subject",
    ),
    "subject at": (
        "Who is the subject, from the frame under the pointer to the next choice; or "
        "the choice that holds there",
        "The first line of the menu; its rows name the frames",
    ),
    "chosen class": ("The class that is selected in the list", "Its frame in the list"),
    "chosen classes": (
        "The classes that are selected in the list",
        "Their frames in the list; the first line of the menu counts them",
    ),
    "new class": ("A class that is new", "The field for its name"),
    "classes": ("Classes that are new", "The file that is chosen"),
    "class row": ("The class that is dragged", "The line where it would go"),
    "video": ("The video that is shown", "Its row in the list, the title"),
    "listed video": ("The video under the pointer", "Its row in the list"),
    "videos": ("Videos that are new", "The files that are chosen"),
    "files": ("Where the videos of the project lie", "The folder that is chosen"),
    "labels of files": (
        "All labels of the videos that the files are named like",
        "The files that are chosen",
    ),
    "annotator": (
        "A lane of its own beside yours, in every video that the files are about",
        "The name that is typed",
    ),
    "lane": ("A lane beside the annotation, of the video that is shown", "The lane"),
    "backup": (
        "The whole project, or the video that is selected in the dialog",
        "In the dialog what differs from now, video by video and class by class",
    ),
    "conflict": (
        "The lane of the video that is selected in the dialog, or a lane beside it",
        "In the dialog the video and how many frames differ; the video is shown",
    ),
    "missing": ("Videos whose label files are gone", "“labels missing” in the lane"),
    "history": ("The steps up to the one that is named", "The list History"),
}
"""For each `Act.reach`: what such an act changes, and what shows that beforehand."""

NOBODY = "Nothing: no label is touched"
CLASS = "The class, and the ends it sets"
SEGMENT = "The segment: its class and both its ends"
SEEN = "Its class, and each of its ends that was on the screen"
BOUNDARY = "That boundary"
WALL = "Of each segment the class, by wall, and both ends; of a boundary that boundary"
BOUNDARIES = "Both its boundaries"
NEW = "The new boundary"
SETTLED = "The classes there, and all boundaries in it"
GONE = "The class of what is left; its ends as they were"
OPEN = "That nobody can tell the label; a range's ends"
RULE = "What grows over reviewed frames: its class, by rule"
UNLOOKED = "Classes and boundaries between them, as accepted unseen: they score nothing"
UNSEEN = "Nothing: they stay the model's, or imported"
NONE = "The ends of a marked range; unlabelled frames are nobody's"
AGAIN = "As it was said before that step"
THEIRS = "As they said it"
POSES = "The keypoints; no label is touched"

_PAINT = ("Paint {}", "Label {}", "Label {} segments {}", "Label 1 segment {}")
_LEAVE = ("Leave undecided", "Leave {} segments undecided", "Leave 1 segment undecided")
_NUDGES = "All of these keys in a row, on one boundary"

COMMANDS: tuple[Act, ...] = (
    Act("split", "at", NEW, ("Split",)),
    Act(
        "merge",
        "cut",
        GONE,
        ("Merge", "Merge {} segments", "Merge 1 segment", "Remove boundary"),
    ),
    Act(
        "absorb",
        "cut",
        GONE,
        ("Delete segment", "Delete {} segments", "Delete 1 segment", "Remove boundary"),
    ),
    Act("trim-start", "edge", BOUNDARY, ("Trim start",)),
    Act("trim-stop", "edge", BOUNDARY, ("Trim end",)),
    *(
        Act(f"nudge-{which}", "boundary", BOUNDARY, ("Move boundary",), _NUDGES)
        for which in ("left", "right", "left-10", "right-10")
    ),
    *(
        Act(f"tick-{which}", "boundary", BOUNDARY, ("Move boundary",), _NUDGES)
        for which in ("previous", "next")
    ),
    *(
        Act(
            f"move-{which}",
            "moved",
            BOUNDARIES,
            ("Move segment",),
            "All of these keys in a row, on one segment",
        )
        for which in ("left", "right", "left-10", "right-10")
    ),
    Act("unlabel", "class", NONE, _PAINT),
    Act("undecided", "class", OPEN, _LEAVE),
    Act(
        "review",
        "selected",
        SEGMENT,
        ("Review", "Accept segment", "Accept {} segments", "Accept 1 segment"),
    ),
    Act("room", "accepted", UNSEEN, ("Accept {}",)),
    Act("room-right", "reviewed", SEEN, ("Review", "Leave it as it is")),
    Act("room-merge", "merged", GONE, ("Merge away",)),
    Act("room-second", "boundary", BOUNDARY, ("Move boundary",)),
    Act("room-undecided", "reviewed", OPEN, ("Leave undecided",)),
    Act("room-insert", "ghost", SEEN, ("Insert {}",)),
    Act("settle", "disputed", NOBODY, ("Settle {} and {}",)),
    Act("settle-first", "disagreement", SETTLED, ("Take {}",)),
    Act("settle-second", "disagreement", SETTLED, ("Take {}",)),
    Act("settle-middle", "disagreement", SETTLED, ("Take the middle",)),
    Act("settle-gold", "lane", NOBODY, ("Keep as gold",)),
    Act("blind", "whole project", NOBODY, ("Label blind", "End labelling blind")),
    Act("video-done", "video", NOBODY, ("Done with {}", "Not done with {}")),
    Act("copy-lane", "copied", CLASS, ("Copy from {}",)),
    Act("live-end", "played", CLASS, ("Label {} while playing",)),
    Act("taps", "tapped", CLASS, ("Divide by taps",), "One tap after the other"),
    Act("accept", "accepted", UNSEEN, ("Accept {}",)),
    Act("accept-above", "above", UNLOOKED, ("Accept above {}",)),
    Act("fill-example", "filled", UNSEEN, ("Fill in {}",)),
    Act("redecode", "around", UNSEEN, ("Decode again",)),
    Act("order-take", "accepted", UNSEEN, ("Label {} in order",)),
    Act(
        "alike-take", "offered", UNSEEN, ("Mend {} alike places", "Mend 1 alike place")
    ),
    Act(
        "convention-adopt",
        "left out",
        RULE,
        ("Adopt {} conventions", "Adopt 1 convention"),
    ),
    Act(
        "convention-drop", "rules", NOBODY, ("Drop {} conventions", "Drop 1 convention")
    ),
    Act("prelabel", "lane", NOBODY, ("Pre-label {}",)),
    Act("prelabel-free", "lane", NOBODY, ("Pre-label {}",)),
    Act("unpredict", "lane", NOBODY, ("Remove {}",)),
    Act("import-annotator", "annotator", NOBODY, ("Import labels of {}",)),
    Act("remove-annotator", "lane", NOBODY, ("Remove labels of {}",)),
    Act("keypoint-gone", "keypoint", POSES, ("Mark the {} missing",)),
    Act("keypoint-line", "line", POSES, ("Interpolate the {}",)),
    Act("swap-sides", "poses", POSES, ("Swap left and right",)),
    Act("swap-people", "poses", POSES, ("Swap two people",)),
    Act("restore", "poses", POSES, ("Remove corrections",)),
    Act("subject-next", "subject", POSES, ("Choose subject",)),
    Act("subject-forget", "subject", POSES, ("Forget choice of subject",)),
    Act("class-add", "new class", NOBODY, ("Add class",), "The class with its name"),
    Act("class-rename", "chosen class", NOBODY, ("Rename class",)),
    Act(
        "class-color",
        "chosen classes",
        NOBODY,
        ("Colour of {}", "Colours of {} classes"),
    ),
    Act("class-describe", "chosen class", NOBODY, ("Describe {}",)),
    Act("class-merge", "chosen class", NOBODY, ("Merge {} into {}",)),
    Act(
        "class-delete", "chosen class", NOBODY, ("Delete class {}", "Merge {} into {}")
    ),
    Act("class-import", "classes", NOBODY, ("Import classes", "Read classes")),
    Act("add", "videos", NOBODY, ("Add {}",), "One video after the other"),
    Act("add-address", "videos", NOBODY, ("Add {}",)),
    Act("streams", "videos", NOBODY, ("Add {}",), "One video after the other"),
    Act("image-rate", "video", NOBODY, ("Rate of {}",)),
    Act("remove", "video", NOBODY, ("Remove {}",)),
    Act("notes", "video", NOBODY, ("Notes of {}",)),
    Act("find-moved", "files", NOBODY, ("Find moved videos",)),
    Act("labels-look-again", "missing", NOBODY, ("Look again for labels",)),
    Act("labels-restore", "missing", NOBODY, ("Restore missing labels from {}",)),
    Act("backups", "backup", NOBODY, ("Restore {}", "Restore {} from {}")),
    Act(
        "conflicts",
        "conflict",
        THEIRS,
        ("Take the other labels of {}", "Show the other labels of {} beside"),
    ),
    Act("labels-give-up", "video", NOBODY, ("Give up the labels of {}",)),
    Act("import-labels", "labels of files", UNSEEN, ("Import labels of {}",)),
    Act("undo", "history", AGAIN, (), "Redo does it again"),
    Act("redo", "history", AGAIN, ()),
)
"""Every command that edits."""


REPEATED = (
    {"undo", "redo"}
    | {
        f"{what}-{which}"
        for what in ("nudge", "move")
        for which in ("left", "right", "left-10", "right-10")
    }
    | {"tick-previous", "tick-next"}
)
"""Editing commands that repeat while their key is held.

No other does: a held key would go on with the next segment, which nobody has looked at,
and answer the question whether it may.
"""


def _gestures() -> tuple[Act, ...]:
    line, list_, table = "Timeline", "List of classes", "Table of segments"
    wall = "Wall"

    def act(
        place: str,
        id_: str,
        text: str,
        hand: str,
        reach: str,
        vouches: str,
        steps: tuple[str, ...],
        undo: str = STEP,
    ) -> Act:
        return Act(id_, reach, vouches, steps, undo, place, text, hand)

    return (
        act(
            "Class keys",
            "class-key",
            "Label",
            "1 … 0, Shift+1 … Shift+0, or / and a letter",
            "class",
            CLASS,
            _PAINT,
        ),
        act(
            "Class keys",
            "class-key-live",
            "Label while it plays",
            "1 … 0 while it plays, held or tapped",
            "played",
            CLASS,
            ("Label {} while playing",),
            "What grew since the key",
        ),
        act(
            "Class keys",
            "class-key-tap",
            "Tap in tap mode",
            "1 … 0 while it plays in tap mode",
            "tapped",
            CLASS,
            ("Divide by taps",),
            "That tap",
        ),
        act(
            "Class keys",
            "unlabel-tap",
            "Take back the last tap",
            "The key of “Remove label” in tap mode",
            "tapped",
            NONE,
            ("Divide by taps",),
            "The tap comes back",
        ),
        act(
            line,
            "drag-boundary",
            "Move a boundary",
            "Drag it",
            "dragged",
            BOUNDARY,
            ("Move boundary",),
        ),
        act(
            line,
            "drag-segment",
            "Move a whole segment",
            "Ctrl+drag",
            "dragged segment",
            BOUNDARIES,
            ("Move segment",),
        ),
        act(
            line,
            "drag-range",
            "Paint a range",
            "Class key+drag",
            "dragged range",
            CLASS,
            ("Paint {}",),
        ),
        act(
            line,
            "timeline-menu",
            "What the menu says",
            "Right click, then a row of the menu",
            "place",
            "As the keys named in the menu do",
            (
                *(*_PAINT, "Split", "Merge", "Merge {} segments", "Delete segment"),
                *("Delete {} segments", "Review", "Accept {} segments"),
                *("Copy from {}", "Merge 1 segment", "Delete 1 segment", *_LEAVE),
                "Accept 1 segment",
            ),
        ),
        act(
            line,
            "subject-menu",
            "Choose the subject, or forget a choice",
            "Right click on the lane Subject, then a row of the menu",
            "subject at",
            POSES,
            ("Choose subject", "Forget choice of subject"),
        ),
        act(
            "Loupe",
            "loupe-click",
            "The next segment begins with this frame",
            "Click",
            "loupe",
            BOUNDARY,
            ("Move boundary", "Confirm boundary"),
        ),
        act(
            "Loupe",
            "loupe-shift-click",
            "The next segment begins with this frame and is accepted; on to its end",
            "Shift+click",
            "loupe",
            SEGMENT,
            ("Move boundary", "Review"),
            "The acceptance; a second time the move",
        ),
        act(
            "Review",
            "room-begin",
            "Take the prediction of another video over to be reviewed",
            "The key of “Right, and on”, or the button of the panel",
            "accepted",
            UNSEEN,
            ("Accept {}",),
        ),
        act(
            "Picture",
            "person-click",
            "This person is the subject from here on",
            "Click a person",
            "subject",
            POSES,
            ("Choose subject",),
        ),
        act(
            "Picture",
            "handle-drag",
            "Move a keypoint",
            "Drag its handle",
            "handle",
            POSES,
            ("Move the {}",),
        ),
        act(
            list_,
            "class-label",
            "Label",
            "Label in the row, or Return",
            "class",
            CLASS,
            _PAINT,
        ),
        act(
            list_,
            "class-name",
            "Rename",
            "Double click or F2",
            "chosen class",
            NOBODY,
            ("Rename class", "Add class"),
        ),
        act(
            list_,
            "class-move",
            "Move a class in the list",
            "Drag, or Alt+Up and Alt+Down",
            "class row",
            NOBODY,
            ("Move {}",),
        ),
        act(
            list_,
            "class-gone",
            "Delete",
            "Delete",
            "chosen class",
            NOBODY,
            ("Delete class {}", "Merge {} into {}"),
        ),
        act(
            list_,
            "class-menu",
            "What the menu says",
            "Right click, then a row of the menu",
            "chosen class",
            NOBODY,
            (
                *("Rename class", "Colour of {}", "Key of {}", "Describe {}"),
                *("Group of {}", "Move {}", "Merge {} into {}", "Delete class {}"),
            ),
        ),
        act(
            list_,
            "classes-menu",
            "Group, colour or give keys to several",
            "Right click on several that are selected, then a row of the menu",
            "chosen classes",
            NOBODY,
            ("Colours of {} classes", "Keys of {} classes", "Group of {} classes"),
        ),
        act(
            table,
            "table-accept",
            "Accept and go on",
            "Return",
            "rows",
            SEGMENT,
            ("Review",),
        ),
        act(
            table,
            "table-gone",
            "Delete into neighbours",
            "Delete",
            "rows",
            GONE,
            ("Delete segment",),
        ),
        act(
            table,
            "table-class",
            "Change the class",
            "Double click or F2, then a name",
            "row",
            CLASS,
            ("Change class",),
        ),
        act(
            table,
            "table-ends",
            "Move start or stop",
            "Double click or F2, then a frame or time",
            "row",
            BOUNDARY,
            ("Move start", "Move stop"),
        ),
        act(
            wall,
            "wall-vouch",
            "These are right; on to the next page",
            "Return",
            "wall page",
            WALL,
            ("Vouch for {} strips", "Vouch for 1 strip"),
        ),
        act(
            wall,
            "wall-gone",
            "Delete into neighbours; take the boundary away",
            "Backspace or Delete",
            "strips",
            GONE,
            (*("Delete {} segments", "Delete 1 segment"), "Remove boundary"),
        ),
        act(
            wall,
            "wall-nudge",
            "Move the boundary",
            "Alt+Left and Alt+Right; a click on a picture of the selected transition",
            "strip",
            BOUNDARY,
            ("Move boundary",),
            _NUDGES,
        ),
        act(
            "List of videos",
            "video-menu",
            "Remove, notes",
            "Right click, then a row of the menu",
            "listed video",
            NOBODY,
            ("Remove {}", "Notes of {}"),
        ),
        act(
            "History",
            "history-click",
            "Go to a step",
            "Click",
            "history",
            AGAIN,
            (),
            "A click on the step it came from",
        ),
    )


GESTURES = _gestures()
"""Every editing gesture, and edits by fields and dialogs."""

HEAD = ("key or gesture", "does", "vouches for", "undo takes back")


def acts_table(describe: Callable[[str], tuple[str, str, str]]) -> str:
    """Return Markdown of all acts, one table for each thing they act on.

    ``describe`` returns menu, text and keys of a command.
    """
    groups: dict[str, list[tuple[str, ...]]] = {}
    for act in (*COMMANDS, *GESTURES):
        row = *_row(act, describe), _tr(act.vouches), _tr(act.undo)
        groups.setdefault(act.reach, []).append(row)
    parts: list[str] = []
    for reach, rows in groups.items():
        on, shown = map(_tr, REACHES[reach])
        parts += [f"\n### {on}\n", f"*{_tr('Shown beforehand')}:* {shown}.\n"]
        parts += [_line(map(_tr, HEAD)), _line(["---"] * len(HEAD)), *map(_line, rows)]
    return "\n".join(parts)


def _row(act: Act, describe: Callable[[str], tuple[str, str, str]]) -> tuple[str, str]:
    """Return the keys or gesture of an act, and its effect, for the help."""
    if act.place:
        return f"{_tr(act.place)}: {_tr(act.hand)}", _tr(act.text)
    menu, text, keys = describe(act.id)
    return keys or _tr("menu {}").format(menu), text


def _line(cells: Iterable[str]) -> str:
    # A bar would end the cell of the table.
    return f"| {' | '.join(c.replace('|', '&#124;') for c in cells)} |"


def _tr(text: str) -> str:
    return QCoreApplication.translate("Acts", text)
