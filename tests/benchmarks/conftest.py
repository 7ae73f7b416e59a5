from __future__ import annotations

from tests.core.conftest import rivals

__all__ = ["rivals"]
