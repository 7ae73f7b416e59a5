"""Command lines of child processes that run skelseg's own modules.

``python -m NAME`` and ``python -c CODE`` look into the current folder first, and the
current folder may be a stranger's: a ``random.py`` in a folder of recordings would run.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

_HOME = str(Path(__file__).resolve().parent.parent)
"""Folder that holds skelseg's packages."""

# Python 3.10 has no -P. With -c, the current folder is the first entry of sys.path, as
# an empty text, which the first statement removes; sys is built in. Our packages are
# imported from their own folder first, because other packages may be called "app", too.
_CODE = (
    "import sys; sys.path[:] = [p for p in sys.path if p]; "
    "sys.path.insert(0, {home!r}); import skelseg_core, {package}; del sys.path[0]; "
    "import runpy; runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
)

RUN_MODULE = "--run-module"
"""First argument of a program of the bundle that is to run a module of ours."""


def in_bundle() -> bool:
    """Tell whether this is a program of the bundle, which has no Python beside it."""
    return bool(getattr(sys, "frozen", False))


def module_command(module: str, *arguments: str) -> list[str]:
    """Build the command line that runs one of our modules in a process of its own.

    The process finds our modules where this one found them and all others where Python
    is installed or ``PYTHONPATH`` says; nothing is looked up in the current folder.

    Parameters
    ----------
    module : str
        Such as ``"skelseg_core.tasks.worker"``.
    *arguments : str
        What the module finds in ``sys.argv[1:]``.

    Returns
    -------
    list of str
        For `subprocess`, without a shell.
    """
    if in_bundle():
        # On Windows only the program of the terminal has an output.
        program = Path(sys.executable).with_stem("skelseg")
        return [str(program), RUN_MODULE, module, *arguments]
    package = module.partition(".")[0]
    code = _CODE.format(home=_HOME, package=package, module=module)
    return [sys.executable, "-c", code, *arguments]


def exit_name(code: int) -> str:
    """Name the signal or exit code by which a process ended: ``SIGSEGV``.

    Parameters
    ----------
    code : int
        As Python gives it: the negative number of a signal.
    """
    if code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    # Windows gives a status, which is documented in hexadecimal.
    return f"exit code {code:#x}" if code > 0xFFFF else f"exit code {code}"
