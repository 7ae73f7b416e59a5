from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.views.dialogs.about import AboutDialog


def test_parts_and_their_licences_are_shown(qtbot: QtBot) -> None:
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    assert "What skelseg is made of" in dialog.text.toPlainText()
    names = dialog.names
    rows = [names.item(n).text().split(" ")[0] for n in range(names.count())]
    assert {"LGPL-3.0", "numpy", "PySide6_Essentials"} <= set(rows)
    names.setCurrentRow(rows.index("LGPL-3.0"))
    assert "LESSER GENERAL PUBLIC" in dialog.text.toPlainText()
    dialog.copy.click()
    assert QGuiApplication.clipboard().text().startswith("skelseg: ")
