"""Tasks on the workers of a Dask scheduler, on this computer or on others, by TLS.

Dask is imported where it is used: it is an extra.
"""

from __future__ import annotations

from importlib.util import find_spec

from skelseg_core.errors import ConfigError


def check_installed(*names: str) -> None:
    """Refuse to go on where the extra is not installed.

    Parameters
    ----------
    *names : str
        Modules that are needed.

    Raises
    ------
    ConfigError
    """
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise ConfigError(
            "A cluster needs {}; install it by pip install 'skelseg[cluster]'.",
            " and ".join(missing),
        )
