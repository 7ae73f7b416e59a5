"""Start of both programs of the bundle, and of the processes that they start."""

import os
import runpy
import sys
from pathlib import Path


def keep_libraries() -> None:
    """Lend the bundle's libraries to no other program, such as a browser."""
    # Each process of ours finds them by itself; PyInstaller's own variable.
    os.environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
    # This one has found them.
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    os.environ.pop("LD_LIBRARY_PATH", None)
    if before is not None:
        os.environ["LD_LIBRARY_PATH"] = before


def module() -> str:
    """Name the module that is to run; its arguments stay."""
    from skelseg_core.module_commands import RUN_MODULE

    if sys.argv[1:2] == [RUN_MODULE]:
        name = sys.argv[2]
        del sys.argv[1:3]
        return name
    return "app" if Path(sys.argv[0]).stem == "skelseg-app" else "skelseg_core.cli.main"


keep_libraries()
runpy.run_module(module(), run_name="__main__", alter_sys=True)
