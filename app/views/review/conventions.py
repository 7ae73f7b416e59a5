"""The dock Conventions: what is labelled in two ways, the places, and rules for it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.kit import theme
from app.kit.keyboard import give_keyboard
from app.kit.labels import Label, plain_tip
from app.kit.language import in_language
from app.kit.plural import plural
from app.services.review.conventions import Conventions
from app.views.frame_field import time_text
from app.views.review.convention_form import ConventionForm
from skelseg_core.labels.conventions import Convention
from skelseg_core.review.conventions import Finding, Occurrence, in_words

_RULE = int(Qt.ItemDataRole.UserRole)
_PLACE = _RULE + 1
_NUMBERS = (2, 3, 4)
_WHAT_PX, _NUMBER_PX, _ROW_PX = 190, 68, 24
"""Widths in pixels of the first column and those of numbers; height of a row."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
WIDTH_PX = 640
"""Width in pixels at which all can be read."""
MOST_PLACES = 500
"""Places listed under one rule."""


class ConventionsView(QWidget):
    """List rules in force and what is labelled in two ways, each with its places.

    A click on a place goes there; the buttons act on the selected rows.
    """

    def __init__(self, service: Conventions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.service = service
        self.tree = QTreeWidget()
        titles = (
            (self.tr("Leave out"), self.tr("Labelled only in places")),
            (self.tr("Between"), self.tr("The classes before and after it")),
            (self.tr("With"), self.tr("Places where it is labelled")),
            (self.tr("Without"), self.tr("Places where it is not labelled")),
            (self.tr("Videos"), self.tr("Videos in which labels would change")),
        )
        self.tree.setHeaderLabels([title for title, _ in titles])
        head = self.tree.headerItem()
        for column, (_, tip) in enumerate(titles):
            head.setToolTip(column, tip)
        self.tree.setAccessibleName(self.tr("Conventions"))
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setAllColumnsShowFocus(True)
        self.tree.setUniformRowHeights(True)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.resizeSection(0, _WHAT_PX)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for column in _NUMBERS:
            header.resizeSection(column, _NUMBER_PX)
            head.setTextAlignment(column, _RIGHT)
        self.tree.itemSelectionChanged.connect(self._on_selection)
        self.tree.itemClicked.connect(self._on_clicked)
        self.tree.itemActivated.connect(self._on_clicked)
        self.told = Label()
        self.told.setWordWrap(True)
        self.again = QPushButton(self.tr("Search again"))
        self.again.clicked.connect(service.look)
        self.drop = QPushButton(self.tr("Delete rule"))
        self.adopt = QPushButton(self.tr("Leave out everywhere"))
        self.form, self.own = ConventionForm(), QPushButton(self.tr("New rule…"))
        self.own.setCheckable(True)
        self.own.setToolTip(self.tr("Show what your own rule would change"))
        self.own.toggled.connect(self._on_own)
        self.form.hide()
        self.form.asked.connect(self._on_asked)
        self.form.refused.connect(self._on_refused)
        foot = QHBoxLayout()
        foot.addWidget(self.own)
        foot.addStretch(1)
        for button in (self.again, self.drop, self.adopt):
            foot.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.told.setContentsMargins(12, 8, 12, 0)
        foot.setContentsMargins(8, 8, 8, 8)
        foot.setSpacing(8)
        # The last column, whose numbers end at its right edge, keeps off the window's.
        listed = QHBoxLayout()
        listed.setContentsMargins(0, 0, 8, 0)
        listed.addWidget(self.tree)
        layout.addLayout(listed, 1)
        layout.addWidget(self.form)
        layout.addWidget(self.told)
        layout.addLayout(foot)
        self.setFocusProxy(self.tree)
        self._shown: object = None
        service.changed.connect(self._refresh)
        service.document.changed.connect(self._refresh)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.service.look()
        self._refresh()

    # -- what is shown ----------------------------------------------------------------

    def _refresh(self, *_: object) -> None:
        if not self.isVisible():
            return
        service = self.service
        if self._shown != (service.audit, service.in_force):
            self._shown = service.audit, service.in_force
            self._fill()
        self.form.set_classes(service.document.project.classes)
        self.again.setEnabled(service.outdated and not service.looking)
        self.adopt.setEnabled(bool(service.to_adopt) and not service.outdated)
        self.drop.setEnabled(bool(service.to_drop))
        theme.set_tone(self.told, "")
        self.told.setText(self._sentence())

    def _sentence(self) -> str:
        service = self.service
        if service.looking:
            return self.tr("Looking through the labels of all videos…")
        if service.to_adopt:
            places = service.would_change()
            text = (
                "{n} segment(s) would be left out, {reviewed} of them reviewed. Their "
                "frames go to the neighbours."
            )
            reviewed = sum(place.reviewed for place in places)
            return plural(text, len(places), reviewed=f"{reviewed:,}")
        if service.to_drop:
            return self.tr("Pre-labels follow the selected rule.")
        if service.outdated:
            return self.tr("Labels have changed: search again.")
        if service.audit is not None and not service.audit.findings:
            return self.tr("No inconsistent short segments.")
        return self.tr("Select a row to see what its rule would change.")

    def _fill(self) -> None:
        """List the rules anew; what was selected and open stays so."""
        chosen, opened = self.service.chosen, self._opened()
        self.tree.blockSignals(True)
        self.tree.clear()
        listed = set(self.service.in_force)
        for rule in self.service.in_force:
            self._add(rule, None)
        audit = self.service.audit
        for finding in audit.findings if audit is not None else ():
            if finding.rule not in self.service.in_force:
                self._add(finding.rule, finding)
                listed.add(finding.rule)
        for rule in self.service.own:
            if audit is not None and rule in audit.changes and rule not in listed:
                self._add(rule, Finding(rule, audit.changes[rule], ()))
        for n in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(n)
            assert item is not None
            rule = item.data(0, _RULE)
            item.setSelected(rule in chosen)
            item.setExpanded(rule in opened)
        self.tree.blockSignals(False)
        for item in self.tree.selectedItems()[:1]:
            self.tree.setCurrentItem(item)
            self.tree.scrollToItem(item)

    def _opened(self) -> set[Convention]:
        items = (
            self.tree.topLevelItem(n) for n in range(self.tree.topLevelItemCount())
        )
        return {i.data(0, _RULE) for i in items if i is not None and i.isExpanded()}

    def _add(self, rule: Convention, finding: Finding | None) -> None:
        audit = self.service.audit
        places = audit.changes.get(rule, ()) if audit is not None else ()
        direct = finding.direct if finding is not None else ()
        with_, without = f"{len(places):,}", f"{len(direct):,}" if direct else ""
        videos = f"{len({place.video_id for place in places}):,}"
        if finding is None:
            with_, without, videos = "", "", self.tr("in use")
        texts = [self._what(rule), self._where(rule), with_, without, videos]
        row = QTreeWidgetItem(self.tree, texts)
        row.setData(0, _RULE, rule)
        row.setSizeHint(0, QSize(0, _ROW_PX))
        for column in (0, 1):
            row.setToolTip(column, plain_tip(self._in_words(rule)))
        bold = QFont(self.tree.font())
        bold.setWeight(QFont.Weight.DemiBold)
        for column in range(len(texts)):
            if finding is None:
                row.setFont(column, bold)
            if column in _NUMBERS:
                row.setTextAlignment(column, _RIGHT)
        for place in places[:MOST_PLACES]:
            said = self.tr("labelled, reviewed") if place.reviewed else ""
            self._add_place(row, place, said or self.tr("labelled"))
        for place in direct[: max(0, MOST_PLACES - len(places))]:
            self._add_place(row, place, self.tr("not labelled"))

    def _in_words(self, rule: Convention) -> str:
        return in_language(in_words(rule, self.service.document.project.name_of))

    def _what(self, rule: Convention) -> str:
        name = self.service.document.project.name_of(rule.class_id)
        if rule.least_s is None:
            return name
        return self.tr("{} under {} s").format(name, f"{rule.least_s:g}")

    def _where(self, rule: Convention) -> str:
        names = self.service.document.project
        left, right = names.name_of(rule.left), names.name_of(rule.right)
        if left and right:
            return f"{left} \u2192 {right}"
        if left:
            return self.tr("after {}").format(left)
        return self.tr("before {}").format(right) if right else self.tr("anywhere")

    def _add_place(self, row: QTreeWidgetItem, place: Occurrence, said: str) -> None:
        item = self.service.document.project.find(place.video_id)
        if item is None or place.start >= item.n_frames:
            return
        at = time_text(item.even_times.start_s(place.start))
        child = QTreeWidgetItem(row, [f"{place.video_id}  {at}", said])
        child.setData(0, _PLACE, place)
        child.setSizeHint(0, QSize(0, _ROW_PX))

    # -- what is done -----------------------------------------------------------------

    def _on_own(self, shown: bool) -> None:
        self.form.setVisible(shown)
        if shown:
            give_keyboard(self.form.what)

    def _on_asked(self, rule: Convention) -> None:
        self.service.ask(rule)
        # The form makes way for what it asked for.
        self.own.setChecked(False)
        give_keyboard(self.tree)

    def _on_refused(self, text: str) -> None:
        theme.set_tone(self.told, "error")
        self.told.setText(text)

    def _on_selection(self) -> None:
        rules = set()
        for item in self.tree.selectedItems():
            above = item.parent() or item
            rules.add(above.data(0, _RULE))
        self.service.choose(rules)

    def _on_clicked(self, item: QTreeWidgetItem) -> None:
        place = item.data(0, _PLACE)
        if place is not None:
            self.service.go(place)
