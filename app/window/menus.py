"""The order of commands in the menus, the toolbar and the context menus.

A line is the id of a command, a separator, or ``"Class.method"`` for all commands of
that method which have no line of their own. The text, keys and conditions of a command
are declared at its method.
"""

from __future__ import annotations

from app.kit.commands import SEPARATOR

LAYOUT_MENU = "&Window > &Layout"
SCHEMES = ("ProgramCommands.choose_scheme",)

START_MENUS = {
    "&File": ("new", "open", "demo", SEPARATOR, "quit"),
    "&View": (),
    "&View > &Colours": SCHEMES,
    "&Help": ("help", "report"),
}
"""The menus of the start page."""

MENUS = {
    "&File": (
        *("new", "open", "add", "add-address", "find-moved"),
        *("streams", "image-rate", "remove"),
        SEPARATOR,
        *("save", "save-as", "backups"),
        SEPARATOR,
        *("export", "TaskCommands.write", "save-statistics"),
        SEPARATOR,
        *("import-labels", "import-poses", "import-annotator", "remove-annotator"),
        "copy-annotator",
        SEPARATOR,
        *("close-project", "quit"),
    ),
    "&Edit": (
        *("undo", "redo"),
        SEPARATOR,
        *("labels-look-again", "labels-give-up"),
        *("claim-take-over", "claim-give-up", "conflicts"),
        SEPARATOR,
        *("notes", "people"),
    ),
    "&View": (
        *("find-video", "video-previous", "video-next", "video-unfinished"),
        "video-worth",
        SEPARATOR,
    ),
    "&View > &Overlays": ("VideoView.toggle_overlay", SEPARATOR, "overlays"),
    "&View > &Picture": (
        *("picture-fit", "picture-actual", "second"),
        SEPARATOR,
        "proxies",
    ),
    "&View > &Timeline": ("zoom-in", "zoom-out", "zoom-fit"),
    "&View > Lou&pe": ("loupe", "loupe-hands", "loupe-picture"),
    "&View > &Lanes": (
        *("filmstrip", "waveform", "lanes"),
        SEPARATOR,
        "LaneChooser.toggle",
        SEPARATOR,
        *("lane-above", "lane-below", "lane-up", "lane-down"),
        *("lane-larger", "lane-smaller", "lane-hide", "lanes-reset"),
    ),
    "&View > &Colours": SCHEMES,
    "&Playback": (
        *("play", "next", "previous", "next10", "previous10"),
        *("second-on", "second-back", "first", "last"),
        *("boundary-next", "boundary-previous"),
        *("shuttle-back", "shuttle-stop", "shuttle-on", "slower", "faster"),
        SEPARATOR,
        "go-to",
        SEPARATOR,
        *("loop", "mute"),
    ),
    "&Segment": (
        *("in", "out", "clear"),
        SEPARATOR,
        *("split", "merge", "absorb", "trim-start", "trim-stop"),
        *("SegmentEditor.nudge", "SegmentEditor.nudge_segment"),
        *("tick-previous", "tick-next"),
        SEPARATOR,
        *("unlabel", "undecided", "review", "copy-lane", "fill-example"),
        SEPARATOR,
        *("choose-next", "choose-previous", "choose-class", "choose-none"),
        SEPARATOR,
        *("live-end", "taps", "reaction-lag"),
    ),
    "C&lasses": (
        "class-find",
        SEPARATOR,
        *("class-add", "class-rename", "class-color", "class-describe"),
        *("class-merge", "class-delete"),
        SEPARATOR,
        *("class-import", "class-export"),
    ),
    "P&ose": (
        *("subject-next", "subject-forget"),
        SEPARATOR,
        "correct",
        SEPARATOR,
        *("keypoint-gone", "keypoint-line"),
        SEPARATOR,
        *("swap-sides", "swap-people"),
        SEPARATOR,
        "restore",
    ),
    "&Model": (
        *("prelabel", "prelabel-all", "prelabel-free", "accept", "unpredict"),
        SEPARATOR,
        *("order-file", "order-video", "order-before", "order-take"),
        "redecode",
        SEPARATOR,
        *("train", "measure", "doubt", "poses"),
        SEPARATOR,
        *("train-background", "models"),
    ),
    "&Review": (
        *("room", "wall"),
        SEPARATOR,
        *("room-right", "room-next", "room-previous", "room-again"),
        *("room-insert", "room-merge", "room-second", "room-undecided", "room-leave"),
        SEPARATOR,
        *(
            "agreement",
            "settle",
            "settle-first",
            "settle-second",
            "settle-middle",
            "settle-gold",
        ),
        *("blind", "video-done", "your-name"),
        SEPARATOR,
        *("dock-conventions", "convention-adopt", "convention-drop"),
        SEPARATOR,
        *("around", "tour", "adaptive"),
        SEPARATOR,
        *("difference-previous", "difference-next"),
    ),
    "&Window": (
        *("Docks.toggle_more", "Docks.toggle_dock"),
        SEPARATOR,
        *("docks", "toolbar", "message", "messages-all"),
        SEPARATOR,
    ),
    LAYOUT_MENU: (
        "Layouts.choose",
        SEPARATOR,
        *("layout-reset", "layout-save", "layout-delete"),
        SEPARATOR,
    ),
    "&Help": (
        *("help", "guided-tour", "palette", "keys", "shortcuts"),
        *("checkup", "report"),
    ),
}
"""The menus of a window with a project."""

TOOLBAR = (
    *("undo", "redo"),
    SEPARATOR,
    *("split", "merge", "absorb", "review"),
    SEPARATOR,
    *("prelabel", "accept"),
    SEPARATOR,
    "palette",
)
PICTURE_MENU = (
    "play",
    SEPARATOR,
    *("split", "merge", "absorb", "unlabel", "review"),
    SEPARATOR,
    *("subject-next", "correct"),
    SEPARATOR,
    *("overlays", "picture-fit", "picture-actual", "second"),
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
MODEL_MENU = ("prelabel", "prelabel-free", "accept", "unpredict", SEPARATOR, "train")
