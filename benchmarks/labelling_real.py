"""A clip labelled from nothing in the program as it is started, by X events alone.

The same person as in `labelling`, but keys and clicks come from xdotool, on a screen of
their own, and the program is a process of which nothing is known but its window and,
once it says that it has saved, its files: what is read there is what a person sees.
A second window, which nobody sees, tells where buttons and pictures lie; it is given
the same project and the same keys. The time is that of the clock, with what the person
is given to look and to point (`labelling`) slept through. At the end the program is
closed by its key and the files are compared with the truth, frame by frame.

Needs Xvfb and xdotool.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.kit import theme
from app.kit.settings import Settings
from app.state.document import open_document
from app.window.leaving import leave
from app.window.main_window import MainWindow
from benchmarks.labelling import (
    CLICK_S,
    JITTER_S,
    KEY_S,
    LAG_S,
    LOOK_S,
    Keyboard,
    Mouse,
    Person,
    project_of,
    truth_of,
    what_to_label,
)
from skelseg_core.child_process import module_command
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import ANNOTATION, set_lane

SIZE = 1600, 1000
ROOT = Path(__file__).resolve().parents[1]
NAMES = {
    "Space": "space",
    "PgUp": "Prior",
    "PgDown": "Next",
    ",": "comma",
    ".": "period",
}


class Screen:
    """The program on a screen of its own."""

    def __init__(self, folder: ProjectFolder, settings: Path, home: Path) -> None:
        told, tells = os.pipe()
        size = f"{SIZE[0]}x{SIZE[1]}x24"
        command = ["Xvfb", "-displayfd", str(tells), "-screen", "0", size]
        self._server = subprocess.Popen(
            command, pass_fds=[tells], stderr=subprocess.DEVNULL
        )
        os.close(tells)
        number = os.read(told, 16).decode().strip()
        self._env = {
            **os.environ,
            "DISPLAY": f":{number}",
            "QT_QPA_PLATFORM": "xcb",
            "PYTHONPATH": str(ROOT),
            "XDG_CONFIG_HOME": str(settings.parent.parent),
        }
        self._env |= {
            f"XDG_{k}_HOME": str(home / k) for k in ("CACHE", "STATE", "DATA")
        }
        self.program = subprocess.Popen(
            module_command("app", str(folder.root)), env=self._env
        )
        time.sleep(12)
        place = ("windowsize", "%1", str(SIZE[0]), str(SIZE[1]), "windowmove", "%1")
        find = ("search", "--onlyvisible", "--name", "skelseg")
        self.do(*find, *place, "0", "0", "windowfocus", "%1")
        time.sleep(1)

    def do(self, *words: str) -> None:
        subprocess.run(
            ["xdotool", *words], env=self._env, check=True, stdout=subprocess.DEVNULL
        )

    def picture(self, path: Path) -> None:
        subprocess.run(
            ["import", "-window", "root", str(path)], env=self._env, check=True
        )

    def close(self) -> int:
        self.do("key", "ctrl+q")
        code = self.program.wait(timeout=60)
        self._server.terminate()
        self._server.wait()
        return code


class Real(Person):
    """Does everything on the screen, and in the window that nobody sees."""

    screen: Screen
    folder: ProjectFolder
    begun = 0.0

    def press(self, key: str) -> None:
        """On the screen first: there the clock runs."""
        *held, last = key.replace("++", "+plus").split("+")
        words = [*(h.lower() for h in held), NAMES.get(last, last)]
        self.screen.do("key", "+".join(words))
        self._beside(lambda: super(Real, self).press(key), KEY_S)

    def click(self, widget: Any, at: QPoint) -> None:
        place = widget.mapTo(self.project_window.window, at)
        self.screen.do("mousemove", str(place.x()), str(place.y()), "click", "1")
        self._beside(lambda: super(Real, self).click(widget, at), CLICK_S)

    def _beside(self, act: Any, rest_s: float) -> None:
        begin = time.perf_counter()
        act()
        # While the film runs the fingers lie on the keys already.
        if not self.begun:
            time.sleep(max(0.0, rest_s - (time.perf_counter() - begin)))

    def label(self, rate: float) -> None:
        player, start = self.project_window.player, time.perf_counter()
        assert player.info is not None
        times = player.info.times.starts_s
        self._make_room()
        self._set_rate(rate)
        self.begun = time.perf_counter()
        self._only_on_screen(self.play)
        # At once: within the lag that is taken off it begins at the first frame.
        self._only_on_screen(lambda: self.name(self.truth[0][1]))
        for frame, class_id in self.truth[1:]:
            late = self.dice.gauss(LAG_S, JITTER_S)
            until = self.begun + float(times[frame] - times[0]) / rate + late
            time.sleep(max(0.0, until - time.perf_counter()))
            self._only_on_screen(lambda c=class_id: self.name(c))
        until = self.begun + float(times[-1] - times[0]) / rate + 1.0
        time.sleep(max(0.0, until - time.perf_counter()))
        self.begun = 0.0
        self.spent_s = time.perf_counter() - start
        self._see()
        start = time.perf_counter()
        self.look()
        self.spent_s += time.perf_counter() - start

    def put_right(self, index: int, frame: int) -> None:
        time.sleep(LOOK_S)
        super().put_right(index, frame)

    def _only_on_screen(self, act: Any) -> None:
        """The window that nobody sees does not play: nothing of this happens there."""
        real, self._beside = self._beside, self._count  # type: ignore[method-assign]
        act()
        self._beside = real  # type: ignore[method-assign]

    def _count(self, _act: Any, rest_s: float) -> None:
        self.keys, self.clicks = (
            self.keys + (rest_s == KEY_S),
            self.clicks + (rest_s == CLICK_S),
        )

    def _set_rate(self, rate: float) -> None:
        raise NotImplementedError

    def _make_room(self) -> None:
        """Nothing has to be seen of the classes by who knows their keys."""

    def _see(self) -> None:
        """Put on the screen's timeline what is on it: read what the program saved."""
        time.sleep(4)
        video = self.project_window.session.video_id
        value = self.folder.load().video(video).annotation
        self.project_window.document.apply(
            "See", lambda p: set_lane(p, video, ANNOTATION, value)
        )
        self.project_window.player.seek(self.project_window.player.info.n_frames - 1)  # type: ignore[union-attr]
        QTest.qWait(500)


class RealKeyboard(Real, Keyboard):
    """By keys alone."""

    def _set_rate(self, rate: float) -> None:
        faster = self.project_window.commands["faster"].shortcut().toString()
        while self.project_window.player.rate < rate:
            self.press(faster)


class RealMouse(Real, Mouse):
    """By clicks alone."""

    def _set_rate(self, rate: float) -> None:
        assert rate == 1, "choose the speed by hand"

    def _make_room(self) -> None:
        """Close the dock under the classes: all of them are to be seen."""
        title: Any = self.project_window.docks.docks["Model"].titleBarWidget()
        self.click(title.closing, title.closing.rect().center())
        QTest.qWait(500)


def labelled(
    hand: type[Real],
    folder: ProjectFolder,
    truth: list[tuple[int, int]],
    rate: float,
    name: Path,
    shots: Path | None,
) -> None:
    file = name / "config" / "skelseg" / "settings.ini"
    settings = Settings(file)
    settings.reaction_lag_ms = round(LAG_S * 1000)
    settings.tour_seen = True
    Settings(file)  # is read once the values are written
    twin_root = name / "twin"
    subprocess.run(["cp", "-r", str(folder.root), str(twin_root)], check=True)
    window = MainWindow(Settings(name / "twin.ini"))
    window.resize(*SIZE)
    window.show()
    project_window = window.fill(open_document(ProjectFolder(twin_root)))
    project_window.start()
    while project_window.player.picture is None:
        QTest.qWait(50)
    QTest.qWait(1000)
    screen = Screen(folder, file, name / "home")
    person = hand(project_window, truth)
    person.screen, person.folder = screen, folder
    if shots:
        screen.picture(shots / f"{hand.__name__}-before.png")
        QWidget.grab(window).save(str(shots / f"{hand.__name__}-twin.png"))
    person.label(rate)
    if shots:
        screen.picture(shots / f"{hand.__name__}-after.png")
    code = screen.close()
    item = folder.load().video(project_window.session.video_id)
    right = truth_of(item.annotation) == truth
    print(
        f"{hand.__name__:12} {len(truth)} segments at {rate:g}x: {person.events} "
        f"events ({person.keys} keys, {person.clicks} clicks), "
        f"{person.events / len(truth):.1f} a segment, {person.spent_s / 60:.1f} "
        f"minutes for {item.n_frames / item.mean_rate / 60:.1f} of film; "
        f"the program ended with {code}; "
        f"{'every frame as it should be' if right else 'NOT as it should be'}"
    )
    leave(window)


def main() -> None:
    parser = what_to_label(__doc__)
    parser.add_argument("--hands", default="keyboard,mouse")
    parser.add_argument("--shots", type=Path, help="pictures of the screen")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    known = {"keyboard": RealKeyboard, "mouse": RealMouse}
    with tempfile.TemporaryDirectory() as name:
        application = QApplication([])
        theme.apply(application, "dark")
        for word in options.hands.split(","):
            base = Path(name) / word
            base.mkdir()
            for kind in ("CACHE", "STATE", "CONFIG", "DATA"):
                os.environ[f"XDG_{kind}_HOME"] = f"{base}/twin-{kind}"
            folder, truth = project_of(options, base / "project")
            labelled(known[word], folder, truth, options.rate, base, options.shots)
        application.quit()


if __name__ == "__main__":
    main()
