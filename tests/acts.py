"""Every editing key and gesture, and what its steps of undo are called.

What a command acts on and reviews is declared beside its method; what a gesture
does stands in the help page "changes", which both are read from.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.views.start.help_pages import load_page
from app.window.command_owners import project_table


@dataclass(frozen=True)
class Act:
    """An editing command or gesture; ``steps`` have ``{}`` for a name."""

    id: str
    acts_on: str
    reviews: str
    steps: tuple[str, ...]


PAINT = ("Paint {}", "Label {}", "Label {} segments {}", "Label 1 segment {}")
NEXT = "Mark as reviewed, next"
AGREE = ("Mark as reviewed", NEXT)
"""A class key where its class is there already, and in review."""
REVIEWED = (NEXT, "Mark {} segments as reviewed", "Mark 1 segment as reviewed")
LEAVE = (
    "Mark as undecided",
    "Mark {} segments as undecided",
    "Mark 1 segment as undecided",
)
STEPS: dict[str, tuple[str, ...]] = {
    "split": ("Split",),
    "merge": ("Merge", "Merge {} segments", "Merge 1 segment", "Remove boundary"),
    "absorb": (
        "Delete segment",
        "Delete {} segments",
        "Delete 1 segment",
        "Remove boundary",
    ),
    "trim-start": ("Move start",),
    "trim-stop": ("Move end",),
    "nudge-left": ("Move boundary", "Move point"),
    "nudge-right": ("Move boundary", "Move point"),
    "move-left": ("Move segment",),
    "move-right": ("Move segment",),
    "unlabel": (*PAINT, "Remove point"),
    "undecided": LEAVE,
    "review": REVIEWED,
    "room": ("Copy the prediction of {}",),
    "room-right": (NEXT, "Leave it as it is"),
    "room-merge": ("Merge the item",),
    "room-second": ("Move boundary",),
    "room-leave-out": ("Leave out {}",),
    "room-undecided": LEAVE,
    "room-insert": ("Insert {}",),
    "settle": ("Settle {} and {}",),
    "settle-first": ("Take {}",),
    "settle-second": ("Take {}",),
    "settle-middle": ("Take the middle",),
    "settle-gold": ("Keep as gold",),
    "blind": ("Label blind", "End labelling blind"),
    "video-done": ("Done with {}", "Not done with {}"),
    "copy-lane": ("Copy from {}",),
    "live-end": ("Label {} while playing",),
    "copy-prediction": ("Copy the prediction of {}",),
    "fill-example": ("Fill in {}", "Fill in {} videos", "Fill in 1 video"),
    "redecode": ("Update the labels",),
    "order": ("Label {} in order",),
    "adapt-take": ("Correct the rest of {}",),
    "import-annotator": ("Import labels of {}",),
    "remove-annotator": ("Remove labels of {}",),
    "keypoint-gone": ("Mark the {} as missing",),
    "keypoint-line": ("Interpolate the {}",),
    "swap-people": ("Swap two people",),
    "restore": ("Remove corrections",),
    "subject-next": ("Choose subject",),
    "subject-forget": ("Forget choice of subject",),
    "class-add": ("Add class",),
    "class-rename": ("Rename class",),
    "class-color": ("Colour of {}",),
    "class-describe": ("Describe {}",),
    "class-merge": ("Merge {} into {}",),
    "class-delete": ("Delete class {}", "Merge {} into {}"),
    "class-import": ("Import classes", "Read classes"),
    "add": ("Add {}",),
    "image-rate": ("Rate of {}",),
    "remove": ("Remove {}",),
    "notes": ("Notes of {}",),
    "people": ("People in {}",),
    "labels-look-again": ("Look again for labels",),
    "labels-repair": ("Restore labels from backups",),
    "backups": ("Restore {} from {}",),
    "labels-give-up": ("Discard the labels of {}",),
    "import-labels": ("Import labels of {}",),
    "comment": ("Comment on {}",),
    "tier-add": ("Add tier {}",),
    "tier-add-scene": ("Add tier {}",),
    "tier-add-points": ("Add tier {}",),
    "tier-rename": ("Rename tier",),
    "tier-remove": ("Remove tier {}",),
    "person-add": ("Add {} to {}", "Name person"),
    "person-name": ("Name person",),
    "person-remove": ("Remove {}",),
    "absent": ("Mark {} frames as absent", "Mark 1 frame as absent"),
    "absent-unseen": ("Mark {} frames as absent", "Mark 1 frame as absent"),
    "lock": ("Lock {}", "Unlock {}"),
    "undo": (),
    "redo": (),
}
"""Steps of the commands whose steps are not called as they are."""
HANDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "class-key": (
        "Class keys: 1 … 0, Shift+1 … Shift+0, or / and a letter",
        (*PAINT, *AGREE, "Add point {}"),
    ),
    "class-key-live": (
        "Class keys: 1 … 0 while it plays, held or tapped",
        ("Label {} while playing",),
    ),
    "drag-boundary": ("Timeline: Drag a boundary", ("Move boundary",)),
    "drag-segment": ("Timeline: Ctrl+drag", ("Move segment",)),
    "drag-range": ("Timeline: Class key+drag", ("Paint {}",)),
    "timeline-menu": (
        "Timeline: Right click, then a row of the menu",
        (
            *PAINT,
            *LEAVE,
            "Split",
            "Merge",
            "Merge {} segments",
            "Merge 1 segment",
            "Delete segment",
            "Delete {} segments",
            "Delete 1 segment",
            "Mark as reviewed",
            *REVIEWED[1:],
            "Copy from {}",
        ),
    ),
    "subject-menu": (
        "Timeline: Right click on the lane Subject, then a row of the menu",
        ("Choose subject", "Forget choice of subject"),
    ),
    "loupe-click": ("Loupe: Click", ("Move boundary", "Confirm boundary")),
    "loupe-shift-click": ("Loupe: Shift+click", ("Move boundary", NEXT)),
    "room-begin": (
        "Review: The key of “Mark as reviewed, next”, or the button of the panel",
        ("Copy the prediction of {}",),
    ),
    "person-click": ("Picture: Click a person", ("Choose subject",)),
    "handle-drag": ("Picture: Drag its handle", ("Move the {}",)),
    "class-label": ("List of classes: Label in the row, or Return", (*PAINT, *AGREE)),
    "class-name": (
        "List of classes: Double click or F2",
        ("Rename class", "Add class"),
    ),
    "class-move": ("List of classes: Drag, or Alt+Up and Alt+Down", ("Move {}",)),
    "class-gone": ("List of classes: Delete", ("Delete class {}", "Merge {} into {}")),
    "class-menu": (
        "List of classes: Right click, then a row of the menu",
        (
            "Rename class",
            "Colour of {}",
            "Key of {}",
            "Describe {}",
            "Group of {}",
            "Move {}",
            "Merge {} into {}",
            "Delete class {}",
        ),
    ),
    "classes-menu": (
        "List of classes: Right click on several, then a row of the menu",
        ("Keys of {} classes", "Group of {} classes"),
    ),
    "wall-review": (
        "Wall: Return",
        ("Mark {} strips as reviewed", "Mark 1 strip as reviewed"),
    ),
    "wall-gone": (
        "Wall: Backspace or Delete",
        ("Delete {} segments", "Delete 1 segment", "Remove boundary"),
    ),
    "wall-nudge": (
        "Wall: Alt+Left and Alt+Right; a click on a picture of the selected transition",
        ("Move boundary",),
    ),
    "video-menu": (
        "List of videos: Right click, then a row of the menu",
        ("Remove {}", "Notes of {}", "People in {}"),
    ),
    "comment-list": (
        "List of comments: Ctrl+Space, F2 or Delete",
        ("Comment is done", "Comment is open", "Change comment", "Delete comment"),
    ),
    "history-click": ("History: Click", ()),
}
"""For each gesture its place and movement, as the help names them, and its steps."""


def rows_of_gestures() -> dict[str, tuple[str, str]]:
    """What each gesture of the help acts on, and what it reviews."""
    found, acts_on = dict[str, tuple[str, str]](), ""
    for line in load_page("changes").text.splitlines():
        if line.startswith("{acts:"):
            acts_on = line[len("{acts:") : -1]
        elif line.startswith("| "):
            hand, _, reviews = line.strip("| ").split(" | ")
            assert hand not in found
            found[hand] = acts_on, reviews.replace("Nothing", "")
    return found


def _gestures() -> list[Act]:
    rows = rows_of_gestures()
    return [Act(i, *rows[hand], steps) for i, (hand, steps) in HANDS.items()]


COMMANDS = [
    Act(c.id, c.acts_on, c.reviews, STEPS.get(c.id, (c.name,)))
    for c in project_table().commands
    if c.acts_on
]
GESTURES = _gestures()
ACTS = [*COMMANDS, *GESTURES]
