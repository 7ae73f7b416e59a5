"""A test that is on the list is run a second time and printed; no other one is."""

from __future__ import annotations

import pytest

from tests.rerun import LIST, MOST, named

pytest_plugins = ["pytester"]

TESTS = """
tries = []

def test_listed(tmp_path):
    tries.append(tmp_path)
    assert len(tries) > 1

def test_other():
    assert 0

def test_never():
    assert 0
"""
REASONS = {"test_them.py::test_listed": "A.", "test_them.py::test_never": "B."}


@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_those_on_the_list_are_run_once_more(
    pytester: pytest.Pytester, workers: list[str]
) -> None:
    pytester.makepyfile(test_them=TESTS)
    pytester.makeconftest(
        "from tests.rerun import RerunOnce\n"
        "def pytest_configure(config):\n"
        f"    config.pluginmanager.register(RerunOnce({REASONS!r}))\n"
    )
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", *workers)
    done.assert_outcomes(passed=1, failed=2)
    done.stdout.fnmatch_lines(
        [
            "*run a second time: test_them.py::test_listed*",
            "*assert 1 > 1*",
            "A.",
            "*run a second time: test_them.py::test_never*",
            "B.",
            "*2 failed, 1 passed, 2 rerun*",
        ]
    )
    assert done.ret == 1


def test_the_list_is_short_and_each_has_its_reason() -> None:
    assert len(named(LIST.read_text(encoding="utf-8"))) <= MOST
    assert named("# a comment\n\na.py::t  # slow\n") == {"a.py::t": "slow"}
    with pytest.raises(ValueError, match="has no reason"):
        named("a.py::t\n")
    with pytest.raises(ValueError, match="11 tests are listed"):
        named("\n".join(f"a.py::t{n}  # slow" for n in range(MOST + 1)))
