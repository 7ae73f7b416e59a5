"""Commands of the command line, as tests call them."""

from __future__ import annotations

from click.testing import CliRunner, Result

from skelseg_core.cli.main import cli


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def done(*arguments: object) -> str:
    """What a command that succeeds prints."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def mistake(*arguments: object) -> str:
    """The one sentence of a command that is refused."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.strip().splitlines()
    return line
