"""Render the clips, train the models, print the table, bundle two of them."""

from __future__ import annotations

import sys

from demo import render, scores
from skelseg_core.bundled import resource

if __name__ == "__main__":
    sys.argv[1:] = ["--out", str(resource("demo"))]
    render.main()
    sys.argv[1:] = ["--install"]
    scores.main()
