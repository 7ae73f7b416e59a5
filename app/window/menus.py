"""The order of commands in the menus, the palette and context menus.

A line is the id of a command, a separator, or ``"Class.method"`` for all commands of
that method which have no line of their own. The text, keys and conditions of a command
are declared at its method.
"""

from __future__ import annotations

from app.kit.commands import SEPARATOR

SCHEMES = ("ProgramCommands.choose_scheme",)

START_MENUS = {
    "&File": ("new", "open", "demo", SEPARATOR, "quit"),
    "&View": ("menu-bar", "text-size", "language"),
    "&View > &Colours": SCHEMES,
    "&Help": ("help", "logs", "about"),
}
"""The menus of the start page."""

MENUS = {
    "&File": (
        *("new", "open", "add"),
        SEPARATOR,
        *("save", "save-copy", "backups"),
        SEPARATOR,
        *("import-labels", "import-poses", "export", "render"),
        SEPARATOR,
        *("close-project", "quit"),
    ),
    "&Edit": (
        *("undo", "redo", "history"),
        SEPARATOR,
        *("notes", "tier-add", "person-add"),
    ),
    "&View": (
        *("find-video", "video-unfinished"),
        SEPARATOR,
        *("overlay-skeleton", "overlay-heatmap", "overlays", "loupe"),
        SEPARATOR,
        *("zoom-fit", "lanes"),
        SEPARATOR,
        *("menu-bar", "text-size", "language"),
    ),
    "&View > &Colours": SCHEMES,
    "&Playback": (
        *("play", "next", "previous", "boundary-next", "boundary-previous"),
        SEPARATOR,
        *("loop", "around"),
    ),
    "&Segment": (
        *("in", "out"),
        SEPARATOR,
        *("split", "merge", "absorb", "trim-start", "trim-stop"),
        SEPARATOR,
        *("review", "unlabel", "undecided"),
        SEPARATOR,
        "fill-example",
    ),
    "&Model": (
        *("prelabel", "prelabel-all", "copy-prediction"),
        SEPARATOR,
        "train",
        SEPARATOR,
        *("poses", "correct"),
    ),
    "&Review": (
        *("room", "wall"),
        SEPARATOR,
        *("agreement", "blind", "video-done", "lock"),
    ),
    "&Window": (
        "page-label",
        SEPARATOR,
        *("dock-statistics", "dock-jobs"),
        *("Docks.toggle_dock", "docks", "page-reset"),
    ),
    "&Help": ("help", "guided-tour", "keys", "checkup", "logs", "about"),
}
"""The menus of a window with a project: what many people need often."""

WITHOUT_ROW = {
    "&File": (
        *("find-moved", "image-rate", "remove"),
        *("plot", "save-statistics"),
        *("import-annotator", "remove-annotator", "copy-annotator"),
    ),
    "&Edit": (
        *("comment", "labels-look-again", "labels-repair", "labels-give-up"),
        *("claim-take-over", "claim-give-up", "people"),
    ),
    "&View": (
        *("video-previous", "video-next", "video-worth", "VideoView.toggle_overlay"),
        *("zoom-in", "zoom-out"),
        *("picture-fit", "picture-actual", "proxies"),
        *("loupe-hands", "loupe-picture"),
        *("filmstrip", "waveform", "LaneChooser.toggle", "lanes-reset"),
    ),
    "&Playback": (
        *("frame-next", "frame-previous", "second-on", "second-back", "go-to"),
        *("Player.choose_step", "first", "last"),
        *("shuttle-back", "shuttle-stop", "shuttle-on", "slower", "faster", "mute"),
    ),
    "&Segment": (
        *("nudge-left", "nudge-right"),
        *("SegmentEditor.nudge_segment", "copy-lane", "live-end", "reaction-lag"),
        *("choose-next", "choose-previous", "choose-class", "choose-none"),
    ),
    "Tiers and people": (
        *("tier-add-scene", "tier-add-points", "tier-rename", "tier-remove"),
        *("person-name", "person-remove"),
        *("track-next", "track-previous", "TrackEditor.go_to_person"),
        *("absent", "absent-unseen"),
    ),
    "Classes": (
        *("class-find", "class-add"),
        *("class-rename", "class-color", "class-describe"),
        *("class-merge", "class-delete", "class-import", "class-export"),
    ),
    "Correcting keypoints": (
        *("keypoint-gone", "keypoint-line", "swap-sides", "swap-people", "restore"),
        *("subject-next", "subject-forget"),
    ),
    "&Model": (
        *("models", "prelabel-free", "unpredict", "redecode"),
        *("order", "adapt-take"),
        *("measure", "doubt", "train-background"),
    ),
    "While reviewing": (
        *("room-right", "room-next", "room-previous", "room-again"),
        *("room-insert", "room-merge", "room-second", "room-undecided"),
        *("room-leave-out", "room-leave"),
    ),
    "Where two people disagree": (
        *("settle-first", "settle-second", "settle-middle", "settle-gold"),
    ),
    "&Review": (
        *("video-to-review", "fill-review"),
        *("settle", "your-name"),
        *("difference-previous", "difference-next"),
    ),
    "&Window": (
        *("pane-next", "pane-previous"),
        *("dock-comments", "message", "messages-all"),
    ),
    "&Help": ("palette", "menu", "shortcuts"),
}
"""The commands that the palette, a key, a panel or a right click calls, by topic."""

NEED_FILM = {
    *("&Playback", "&Segment", "Correcting keypoints"),
    *("While reviewing", "Where two people disagree"),
    *("absent", "absent-unseen", "copy-prediction", "comment"),
}
"""Menus and commands that act on the film, which a person has to see."""

_MODEL = "Choose a model and pre-label the video first."
_POSES = "The poses of this video are not found yet."
_TRACK = "Add another person or tier first."
NEEDS = {
    "Classes": "Choose a class in the list first.",
    "Correcting keypoints": "Begin to correct the keypoints of a frame first.",
    "While reviewing": "Begin the review first.",
    "Where two people disagree": "Begin to settle disagreements first.",
    "undo": "Nothing was done yet.",
    "redo": "Nothing was undone.",
    "live-end": "Nothing grows. Press a class key while the video plays.",
    "choose-none": "Nothing is selected.",
    "fill-review": "No videos were filled in together that are not reviewed.",
    "adapt-take": "It is offered after 20 corrections of a pre-label.",
    **dict.fromkeys(
        (
            *("copy-prediction", "prelabel-free", "unpredict", "redecode", "measure"),
            *("doubt", "copy-lane", "lane-prediction", "lane-probability"),
            "lane-uncertainty",
        ),
        _MODEL,
    ),
    **dict.fromkeys(
        ("absent-unseen", "correct", "lane-boundaries-motion", "lane-motion-wrists"),
        _POSES,
    ),
    **dict.fromkeys(
        ("track-next", "track-previous", "person-remove", "person-1", "person-2"),
        _TRACK,
    ),
}
"""What a command needs that does nothing now, by its id, or by its topic."""
NOT_NOW = "It can do nothing here now."

WORK = (
    ("Play or pause", ("play",)),
    (
        "Go by frame or boundary",
        ("previous", "next", "boundary-previous", "boundary-next"),
    ),
    ("Label with a class", ()),
    ("Mark a range", ("in", "out")),
    ("Split at playhead", ("split",)),
    ("Mark as reviewed, next", ("review",)),
    ("Fill in the rest by example", ("fill-example",)),
    ("Pre-label with a model", ("prelabel",)),
    ("Review doubtful labels", ("room",)),
    ("Undo", ("undo",)),
)
"""The keys that are the work, with which the sheet of keys begins; none: class keys."""

PICTURE_MENU = (
    "play",
    SEPARATOR,
    *("split", "merge", "absorb", "unlabel", "review"),
    SEPARATOR,
    *("subject-next", "correct"),
    SEPARATOR,
    *("overlays", "picture-fit", "picture-actual"),
)
CORRECTING_MENU = (
    *("keypoint-gone", "keypoint-line", "swap-sides", "swap-people", "restore"),
    SEPARATOR,
    "correct",
)
"""The context menu of the picture while keypoints are corrected."""
LOUPE_MENU = (
    *("boundary-previous", "boundary-next"),
    SEPARATOR,
    *("nudge-left", "nudge-right", "around"),
    SEPARATOR,
    *("loupe-hands", "loupe-picture", "loupe"),
)
VIDEOS_MENU = ("prelabel", "poses", SEPARATOR, "add", "find-moved", "remove")
