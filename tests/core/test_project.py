from __future__ import annotations

import numpy as np
import pytest

from skelseg_core.errors import EditError, ProjectError
from skelseg_core.project import (
    Project,
    accept_prediction,
    add_video,
    prediction_lane,
    remove_video,
    set_lane,
)
from skelseg_core.project_folder import ProjectFolder
from skelseg_core.segmentation import Segmentation
from tests.projects import N, item, painted


def test_edits_are_refused_where_they_make_no_sense(
    made: tuple[ProjectFolder, Project],
) -> None:
    _, project = made
    with pytest.raises(EditError, match="already"):
        add_video(project, item("v1"))
    with pytest.raises(ProjectError, match="no video"):
        remove_video(project, "nobody")


def test_accepting_keeps_what_a_person_said(
    made: tuple[ProjectFolder, Project],
) -> None:
    _, project = made
    project = painted(project, 10, 20, 1)
    predicted = Segmentation.from_frames(np.full(N, 2), "model")
    project = set_lane(project, "v1", prediction_lane("m"), predicted)
    after = accept_prediction(project, "v1", "m").video("v1").annotation.to_frames()
    np.testing.assert_array_equal(after[10:20], 1)
    np.testing.assert_array_equal(np.delete(after, range(10, 20)), 2)
