"""Rename, copy and delete the models of a project."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.services.models.model_service import ModelService
from skelseg_core.tasks.model_folders import delete_model, export_model, rename_model


class ModelLibrary(QObject):
    """Rename, copy and delete models, and say what became of it."""

    def __init__(self, models: ModelService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.model_service, self._jobs = models, models.jobs
        self._document, self._session = models.document, models.session

    def rename(self, name: str, new: str) -> None:
        """Give a model another name, where no pre-labels carry the one that it has."""
        if self._is_measured(name):
            return

        def show(now: str) -> None:
            if self._session.model == name:
                self._session.set_model(now)
            self._say(self.tr("{} is now called {}.").format(name, now))

        document = self._document
        task = rename_model(document.folder, document.project, name, new)
        self._jobs.start(self.tr("Rename {}").format(name), task, show)

    def export(self, name: str, place: Path) -> None:
        """Copy a model into another folder."""
        task = export_model(self._document.folder, name, place)
        text = self.tr("{} was copied to {}.")
        self._jobs.start(
            self.tr("Copy {}").format(name),
            task,
            lambda made: self._say(text.format(name, made)),
        )

    def delete(self, name: str) -> None:
        """Delete a model for good; its pre-labels stay, and the newest is chosen."""
        if self._is_measured(name):
            return

        def show(_: str) -> None:
            if self._session.model == name:
                left = self._document.model_names()
                self._session.set_model(next(iter(left), ""))
            self._say(self.tr("{} is deleted. Its pre-labels stay.").format(name))

        task = delete_model(self._document.folder, name)
        self._jobs.start(self.tr("Delete {}").format(name), task, show)

    def _is_measured(self, name: str) -> bool:
        """Tell whether a model is being measured, and say that it has to stay."""
        if self.model_service.measuring(name) is None:
            return False
        self.model_service.notices.warn(
            self.tr("{} is being measured. Wait for it or cancel it.").format(name)
        )
        return True

    def _say(self, text: str) -> None:
        self.model_service.notices.say(text)
        self.model_service.models_changed.emit()
