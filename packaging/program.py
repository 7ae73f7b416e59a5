"""Start of both programs of the bundle, and of the processes that they start."""

import os
import runpy
import sys
from pathlib import Path

from skelseg_core.child_process import RUN_MODULE

# Each process finds the bundle's libraries by itself; PyInstaller's own variable.
os.environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
# This one has found them; other programs that are started from here, such as a browser,
# need those of the system.
before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
os.environ.pop("LD_LIBRARY_PATH", None)
if before is not None:
    os.environ["LD_LIBRARY_PATH"] = before

if sys.argv[1:2] == [RUN_MODULE]:
    module = sys.argv[2]
    del sys.argv[1:3]
elif Path(sys.argv[0]).stem == "skelseg-app":
    module = "app"
else:
    module = "skelseg_core.cli.main"
runpy.run_module(module, run_name="__main__", alter_sys=True)
