from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.views.model import Curves
from skelseg_core.progress import Progress


def test_curves_show_every_figure_once_by_step(qtbot: QtBot) -> None:
    curves = Curves()
    qtbot.addWidget(curves)
    curves.show()
    curves.start()
    for n in range(1, 4):
        values = {"loss": 1 / n, "accuracy": 20.0 * n}
        curves.add(Progress("training heatmap branch", n, 9, values))
        curves.add(Progress("training heatmap branch", n, 9, values))
    curves.add(Progress("training fusion", 0, 9))
    curves.add(Progress("training fusion", 1, 9, {"loss": 0.5, "accuracy": 70.0}))
    qtbot.waitUntil(lambda: len(curves._lines) == 4, timeout=30_000)
    assert curves.points["loss", "training heatmap branch"] == (
        [1, 2, 3],
        [1.0, 0.5, 1 / 3],
    )
    xs, ys = curves._lines["accuracy", "training fusion"].getData()
    assert (list(xs), list(ys)) == ([1], [70.0])
    curves.start()
    assert curves.points == {}
