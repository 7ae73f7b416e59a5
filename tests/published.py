"""Outputs of published code, in `tests/reference`; its README says whose."""

from __future__ import annotations

from pathlib import Path

REFERENCE = Path(__file__).parent / "reference"
