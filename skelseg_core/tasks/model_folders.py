"""The models of a project: find, list, rename and delete them, copy their folders."""

from __future__ import annotations

import dataclasses
import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from skelseg_core.errors import ModelError, SkelsegError
from skelseg_core.file_names import portable_name, same_name
from skelseg_core.files import advice, new_folder
from skelseg_core.learning.model_info import INFO_NAME, ModelInfo, load_info, save_info
from skelseg_core.predictions.found import found_predictions
from skelseg_core.progress import Progress, Task
from skelseg_core.project.folder import ProjectFolder
from skelseg_core.project.project import Project
from skelseg_core.said import Said

MAX_NAME_BYTES = 100
"""Longest name of a model, in bytes of UTF-8."""


@dataclass(frozen=True)
class ListedModel:
    """Hold the name of a model and what its folder says, or what is wrong with it."""

    name: str
    info: ModelInfo | None = None
    problem: str = ""

    @property
    def created(self) -> str:
        """When it was trained, as ISO 8601 in UTC; empty where nobody knows."""
        return self.info.created if self.info is not None else ""


def find_model(folder: ProjectFolder, model: str) -> Path:
    """Find the folder of a model, or raise ModelError naming those there are."""
    path = folder.model_dir(model)
    if model not in folder.model_names() or path.name != model:
        names = ", ".join(folder.model_names())
        what = f"choose one of: {names}" if names else "train one first"
        raise ModelError("There is no model '{}' in the project; {}.", model, what)
    return path


def list_models(folder: ProjectFolder) -> Task[tuple[ListedModel, ...]]:
    """Read what there is to know of all models, the one trained last first."""
    found, names = [], folder.model_names()
    for n, name in enumerate(names):
        yield Progress("reading the models", n, len(names))
        try:
            found.append(ListedModel(name, load_info(folder.model_dir(name))))
        except SkelsegError as error:
            found.append(ListedModel(name, problem=str(error)))
    # Stable: models of the same second stay in the order of their files.
    return tuple(sorted(found, key=lambda model: model.created, reverse=True))


def check_model_name(name: str, folder: ProjectFolder) -> None:
    """Refuse names that no folder can have or that are taken."""
    if not name:
        raise ModelError("The model has no name; give it one.")
    if portable_name(name) != name or len(name.encode()) > MAX_NAME_BYTES:
        raise ModelError(
            "The model name '{}' cannot be a folder name everywhere; use up to {} "
            "bytes of letters, digits, '-' and '_', and no device name of Windows, "
            "such as con or aux.",
            name,
            MAX_NAME_BYTES,
        )
    twin = same_name(name, folder.model_names())
    if twin is not None:
        raise ModelError("A model '{}' already exists; choose another name.", twin)


def rename_model(
    folder: ProjectFolder, project: Project, name: str, new: str
) -> Task[str]:
    """Give a model another name, where no pre-labels carry the one that it has.

    Returns
    -------
    str
        The new name, as it is written.

    Raises
    ------
    ModelError
        Where pre-labels carry it, the new name is taken or impossible, or the folder
        cannot be renamed.
    """
    yield Progress(Said("renaming {}", name))
    found = found_predictions(folder.root)
    carry = [v for v in project.track_ids if name in found.get(v, ())]
    if carry:
        raise ModelError(
            "Pre-labels of {} use the name {}; remove them first, or train under "
            "another name.",
            carry[0] if len(carry) == 1 else f"{carry[0]}, {carry[1]}…",
            name,
        )
    path = find_model(folder, name)
    new = unicodedata.normalize("NFC", new.strip())
    check_model_name(new, folder)
    info = load_info(path)
    target = folder.model_dir(new)
    try:
        path.rename(target)
    except OSError as error:
        raise ModelError("{} cannot be renamed: {}", path, advice(error)) from error
    save_info(target, dataclasses.replace(info, name=new))
    return new


def delete_model(folder: ProjectFolder, name: str) -> Task[str]:
    """Delete a model for good; the pre-labels that it made stay.

    Returns
    -------
    str
        Its name.
    """
    path = find_model(folder, name)
    yield Progress(Said("deleting {}", name))
    try:
        # First: what is left of a folder that cannot be deleted whole is no model.
        (path / INFO_NAME).unlink()
        shutil.rmtree(path)
    except OSError as error:
        raise ModelError("{} cannot be deleted: {}", path, advice(error)) from error
    return name


def export_model(folder: ProjectFolder, name: str, place: Path) -> Task[Path]:
    """Copy the folder of a model into another folder; nothing is overwritten.

    Returns
    -------
    Path
        The copy.
    """
    path, target = find_model(folder, name), place / name
    if target.exists():
        raise ModelError(
            "A '{}' already exists in {}; choose another folder.", name, place
        )
    yield Progress(Said("copying {}", name))
    with new_folder(target) as made:
        for file in sorted(p for p in path.iterdir() if p.is_file()):
            yield Progress(Said("copying {}", name))
            shutil.copy2(file, made / file.name)
    return target
