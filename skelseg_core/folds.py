"""Cross-validation by subject: who is seen in each video, and which fold tests whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skelseg_core.errors import FormatError, ModelError
from skelseg_core.files import read_json
from skelseg_core.project import Project
from skelseg_core.project_folder import ProjectFolder


def subjects_of(folder: ProjectFolder, project: Project) -> dict[str, str]:
    """Who is seen in each video; without ``subjects.json`` someone else in each.

    Raises
    ------
    FormatError
        Where the file does not say one subject for every video.
    """
    path = folder.root / "subjects.json"
    if not path.is_file():
        return {v.id: v.id for v in project.videos}
    named: Any = read_json(path)
    if not isinstance(named, dict) or not all(
        isinstance(v, str) and v.strip() for v in named.values()
    ):
        raise FormatError(f'{path} must say {{"video": "subject"}}; correct it.')
    for item in project.videos:
        # To guess here could put one person on both sides.
        if item.id not in named:
            raise FormatError(
                f"{path} does not say who is seen in video {item.id}; add its subject."
            )
    return {v.id: named[v.id].strip() for v in project.videos}


def folds_by_subject(
    subjects: Mapping[str, str], n_folds: int
) -> tuple[tuple[str, ...], ...]:
    """Test videos of each fold: every ``n_folds``-th subject, in order of their names.

    Raises
    ------
    ModelError
        Where there are fewer subjects than folds, or fewer than two of either.
    """
    names = sorted(set(subjects.values()))
    if len(names) < 2:
        raise ModelError(
            f"There are labels of one subject alone ({', '.join(names)}), and nobody "
            "is left to test on; label videos of others."
        )
    if not 2 <= n_folds <= len(names):
        raise ModelError(
            f"{n_folds} folds cannot be made of {len(names)} subjects; choose --folds "
            f"between 2 and {len(names)}."
        )
    return tuple(
        tuple(sorted(v for v, s in subjects.items() if s in names[fold::n_folds]))
        for fold in range(n_folds)
    )
