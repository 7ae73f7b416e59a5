"""Export the labels of all videos as CSV files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.kit.notices import Notices
from app.kit.plural import plural
from app.services.jobs import Job, Jobs
from app.state.document import Document


class Exporter(QObject):
    """Export labels in a thread, from the project as it was at the start."""

    def __init__(
        self,
        document: Document,
        jobs: Jobs,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._jobs, self._notices = document, jobs, notices

    def export(self, out: Path, lane: str = "annotation") -> Job:
        """Write framewise and segment CSVs of every video that has this lane."""
        from skelseg_core.tasks.export import Exported, export_csv, skipped_text

        folder, project = self._document.folder, self._document.project

        def show_result(done: Exported) -> None:
            text = plural("Exported {n} file(s) to {out}.", len(done.files), out=out)
            if done.skipped:
                self._notices.warn(f"{text} {skipped_text(done.skipped, lane)}")
            else:
                self._notices.say(text)

        task = export_csv(folder, project, out, lane, "csv", skip_missing=True)
        job = self._jobs.start(self.tr("Export"), task, show_result)
        job.on_leaving = self.tr("No file is written yet; export again.")
        return job
