"""Models of a project whose files cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from skelseg_core.doctor.finding import Finding
from skelseg_core.errors import SkelsegError
from skelseg_core.learning.likeness import load_learnt
from skelseg_core.learning.model_info import load_info
from skelseg_core.learning.numpy_network import read_arrays
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project


def damaged_models(folder: ProjectFolder, project: Project) -> Iterator[Finding]:
    """Find models that cannot predict, because one of their files is damaged."""
    for name in folder.model_names():
        path = folder.model_dir(name)
        try:
            read_arrays(path, load_info(path))
            load_learnt(path)
        except SkelsegError as error:
            yield Finding("model", "error", str(error))
