"""The rules of the house that import-linter cannot say."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, wraps
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from skelseg_core.errors import FormatError, SkelsegError
from skelseg_core.file_kinds import VIDEO_SUFFIXES
from skelseg_core.user_folders import (
    cache_folder,
    config_folder,
    data_folder,
    state_folder,
)

ROOT = Path(__file__).resolve().parent.parent
CORE = sorted((ROOT / "skelseg_core").rglob("*.py"))
APP = sorted((ROOT / "app").rglob("*.py"))
HEAVY = {"torch", "torchvision", "ultralytics", "pandas", "av"}
BY_HAND = sorted(
    path
    for room in ("benchmarks", "tools", "demo")
    for path in (ROOT / room).rglob("*.py")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PUBLIC = {"_exit", "_replace", "_asdict", "_fields"}
"""Names that other libraries made public in spite of their underscore."""
MAY_EXEC = {"application", "dialog", "menu", "box", "question"}
ERRORS = {c.__name__ for c in [SkelsegError, *SkelsegError.__subclasses__()]}
MAY_WRITE = {"run_log.py", "files.py", "array_files.py", "journal.py", "logs.py"}

OFFERED = "skelseg_core.library."
"""Modules of which the package offers what they have, once it is asked for."""


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def for_each(files: Sequence[Path]) -> Callable[[Callable[..., None]], object]:
    """Hold a rule in every file, and name all files that break it."""

    def made(rule: Callable[..., None]) -> object:
        @wraps(rule)
        def test() -> None:
            assert files
            broken = []
            for path in files:
                try:
                    rule(path)
                except AssertionError as error:
                    broken.append(f"{_relative(path)}: {error}")
            assert not broken, "\n".join(broken)

        del test.__wrapped__  # pytest reads the parameters there
        return test

    return made


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _nodes(path: Path) -> Sequence[ast.AST]:
    """All nodes of a file; to walk its tree again takes as long as to parse it."""
    return tuple(ast.walk(_tree(path)))


@cache
def _calls(path: Path) -> Sequence[tuple[str, ast.Call]]:
    """All calls of a file, with the names of what they call."""
    calls = (n for n in _nodes(path) if isinstance(n, ast.Call))
    return tuple((ast.unparse(call.func), call) for call in calls)


@pytest.fixture(scope="module", autouse=True)
def trees_go() -> Iterator[None]:
    """Let go of the nodes, which every later collection of garbage would visit."""
    yield
    for kept in (_tree, _nodes, _calls):
        kept.cache_clear()


def _top_level_imports(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def _imports(path: Path) -> Iterator[str]:
    for node in _nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@for_each(APP)
def test_the_window_opens_without_heavy_imports(path: Path) -> None:
    found = HEAVY & set(_top_level_imports(_tree(path)))
    assert not found, f"{_relative(path)} imports {found} at module level"


@for_each([p for p in CORE if "learning" not in p.parts])
def test_only_what_learns_imports_torch_at_once(path: Path) -> None:
    found = {"torch", "torchvision"} & set(_top_level_imports(_tree(path)))
    assert not found, f"it imports {found} at module level"


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(
        ".__init__"
    )


def test_modules_import_one_another_in_no_ring() -> None:
    """Imports within functions and for types alone count, too."""
    files = {_module(path): path for path in [*CORE, *APP, *BY_HAND]}
    graph: dict[str, set[str]] = {}
    for module, path in files.items():
        taken = graph[module] = set()
        for node in _nodes(path):
            if isinstance(node, ast.Import):
                taken.update(a.name for a in node.names if a.name in files)
            elif isinstance(node, ast.ImportFrom) and node.module in files:
                wholes = (f"{node.module}.{a.name}" for a in node.names)
                taken.update(w if w in files else node.module for w in wholes)
    package = graph["skelseg_core"]
    package -= {name for name in package if name.startswith(OFFERED)}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("in a ring, each imported by the next: " + ", ".join(error.args[1]))


def test_a_name_is_of_one_module_of_a_layer() -> None:
    names: dict[tuple[str, ...], list[str]] = {}
    for path in [*CORE, *APP]:
        package, *within, name = path.relative_to(ROOT).parts
        if not name.startswith("__"):
            names.setdefault((package, *within[:1], name), []).append(_relative(path))
    assert not [paths for paths in names.values() if len(paths) > 1]


@for_each([*CORE, *APP])
def test_only_files_journal_and_logs_write(path: Path) -> None:
    if path.name in MAY_WRITE:
        return
    for name, call in _calls(path):
        assert name not in {"np.save", "np.savez", "np.savez_compressed", "torch.save"}
        assert not name.endswith((".write_text", ".write_bytes", ".to_csv"))
        if name in {"open", "Path.open"} or name.endswith(".open"):
            modes = [a.value for a in call.args if isinstance(a, ast.Constant)]
            assert not any(str(m) in {"w", "wb", "a", "ab", "w+"} for m in modes), (
                f"{_relative(path)}:{call.lineno} writes around atomic_write"
            )


def _foreign_names(path: Path) -> Iterator[tuple[int, str]]:
    """Names that are taken from other objects or modules, with their lines."""
    for node in _nodes(path):
        if isinstance(node, ast.Attribute):
            of = node.value
            if not isinstance(of, ast.Name) or of.id not in {"self", "cls"}:
                yield node.lineno, node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, alias.name) for alias in node.names)
    for name, call in _calls(path):
        if name.endswith("attr"):
            words = [a.value for a in call.args if isinstance(a, ast.Constant)]
            yield from ((call.lineno, w) for w in words if isinstance(w, str))


@for_each([*CORE, *APP, *TESTS, *BY_HAND])
def test_nobody_reaches_for_a_private_name_of_another(path: Path) -> None:
    for line, name in _foreign_names(path):
        private = name.startswith("_") and not name.startswith("__")
        assert not private or name in PUBLIC, f"{_relative(path)}:{line}: {name}"


@for_each([*CORE, *APP])
def test_nothing_unsafe(path: Path) -> None:
    for name, call in _calls(path):
        assert name not in {"eval", "exec", "yaml.load", "yaml.unsafe_load"}
        for keyword in call.keywords:
            text = f"{keyword.arg}={ast.unparse(keyword.value)}"
            assert text not in {"allow_pickle=True", "weights_only=False", "shell=True"}
    assert not list(_pickle_names(path))


def _pickle_names(path: Path) -> Iterator[str]:
    """Names that are taken from pickle; the module itself, too."""
    for node in _nodes(path):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name == "pickle")
        elif isinstance(node, ast.ImportFrom) and node.module == "pickle":
            yield from (a.name for a in node.names)


@for_each([*CORE, *APP])
def test_one_module_names_the_folders_of_the_user(path: Path) -> None:
    names = {n for n in _imports(path) if n == "platformdirs"}
    assert not names or path.name == "user_folders.py"


@for_each([*CORE, *APP])
def test_one_module_lists_the_kinds_of_files(path: Path) -> None:
    if path.name == "file_kinds.py":
        return
    texts = {
        word.lstrip("*")
        for node in _nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in node.value.split()
    }
    listed = texts & set(VIDEO_SUFFIXES)
    assert len(listed) < 2, f"{_relative(path)} lists {sorted(listed)}; file_kinds does"


REVIEWS = re.compile(
    r"(class|start|stop)_reviewed=(?!False)|\.(as_reviewed|as_persons|agreed)\("
)
NAMES_OR_READS = {
    *("segmentation", "edits", "bulk_edits", "reviewing", "two_ways", "prediction"),
    *("json", "framewise_and_segment_csv", "framewise_and_segment_rows"),
    *("frames_and_overlaps", "demo_project"),
}
"""Modules in which people name labels, or files say what was reviewed; and the law."""


@for_each([*CORE, *APP])
def test_one_module_decides_what_agreeing_marks_as_reviewed(path: Path) -> None:
    found = REVIEWS.search(path.read_text(encoding="utf-8"))
    assert found is None or path.stem in NAMES_OR_READS, "ask labels/reviewing"


@for_each([*CORE, *APP])
def test_classes_are_asked_for_by_track(path: Path) -> None:
    if _relative(path).startswith("skelseg_core/project/"):
        return
    for node in _nodes(path):
        if isinstance(node, ast.Attribute) and node.attr == "label_map":
            of = ast.unparse(node.value).rpartition(".")[2].lstrip("_")
            assert of not in ("project", "before", "after"), (
                f"{_relative(path)}:{node.lineno}: ask Project.classes_of"
            )


@for_each([*CORE, *APP])
def test_one_module_turns_seconds_into_frames_and_back(path: Path) -> None:
    if _relative(path) == "skelseg_core/video/times.py":
        return
    for name, call in _calls(path):
        where = f"{_relative(path)}:{call.lineno}"
        if name.endswith("searchsorted"):
            words = ast.unparse(call).lower()
            assert not re.search(r"time|moment|_s\b|seconds", words), (
                f"{where} looks a moment up; FrameTimes does"
            )
    for node in _nodes(path):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            assert not ast.unparse(node.right).endswith("mean_rate"), (
                f"{_relative(path)}:{node.lineno} divides by a rate; FrameTimes does"
            )


@for_each([*CORE, *APP, *BY_HAND])
def test_nothing_is_started_by_a_name_of_the_current_folder(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if not {"executable", "multiprocessing", "futures"} & set(re.findall(r"\w+", text)):
        return  # most files, which take long to look into
    # As module_commands says; the processes of multiprocessing look there as well.
    for node in _nodes(path):
        if isinstance(node, ast.List | ast.Tuple):
            values = [ast.unparse(e) for e in node.elts]
            assert not {"sys.executable", "'-m'"} <= set(values)
        # Programs of the checkout alone are run from it.
        if path not in BY_HAND and isinstance(node, ast.Import | ast.ImportFrom):
            named = ast.unparse(node)
            assert "multiprocessing" not in named
            assert "concurrent.futures" not in named or "Process" not in named


@for_each(APP)
def test_threads_begin_in_one_place(path: Path) -> None:
    """Tests ask `kit/threads.py` whether all that was begun has ended."""
    if path == ROOT / "app" / "kit" / "threads.py":
        return
    text = path.read_text(encoding="utf-8")
    assert "threading.Thread" not in text
    assert "QThread" not in text
    assert "ThreadPoolExecutor" not in text


@for_each(APP)
def test_no_nested_event_loop(path: Path) -> None:
    """Only dialogs, menus and `kit/threads.py` run events within a call."""
    if path == ROOT / "app" / "kit" / "threads.py":
        return
    text = path.read_text(encoding="utf-8")
    assert "processEvents" not in text
    assert "QEventLoop" not in text
    for name, call in _calls(path):
        who, _, method = name.rpartition(".")
        if method in {"exec", "exec_"}:
            assert who in MAY_EXEC, f"{_relative(path)}:{call.lineno} waits for {who}"


@for_each(APP)
def test_one_module_decides_whose_a_key_is(path: Path) -> None:
    if path.name == "key_policy.py":
        return
    for node in _nodes(path):
        if isinstance(node, ast.Attribute) and node.attr == "ShortcutOverride":
            # They only note what was pressed; the policy has decided by then.
            assert path.name in ("class_keys.py", "top_row.py")


@for_each(CORE)
def test_an_error_keeps_its_values_apart_from_its_sentence(path: Path) -> None:
    for name, call in _calls(path):
        if name in ERRORS and call.args:
            assert not isinstance(call.args[0], ast.JoinedStr), (
                f"{_relative(path)}:{call.lineno}: give the values after the sentence"
            )


def test_an_error_is_shown_with_its_values_and_found_without() -> None:
    error = FormatError("{} has {:,} lines.", "a{}.csv", 1200)
    assert str(error) == "a{}.csv has 1,200 lines."
    assert (error.id, error.values) == ("{} has {:,} lines.", ("a{}.csv", 1200))
    assert str(FormatError("{} as it is.")) == "{} as it is."


def test_onnxruntime_is_told_to_report_nothing_before_it_is_imported() -> None:
    code = (
        "import os, sys, skelseg_core\n"
        "assert 'onnxruntime' not in sys.modules\n"
        "assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'\n"
    )
    told = {**os.environ, "ORT_DISABLE_TELEMETRY": "0"}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=told)


@for_each([*APP, *BY_HAND])
def test_only_the_core_imports_onnxruntime(path: Path) -> None:
    assert "import onnxruntime" not in path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def folders_of_the_session() -> list[Path]:
    return [cache_folder(), state_folder(), config_folder(), data_folder()]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="by XDG's variables")
def test_no_test_writes_to_the_folders_of_the_user(
    folders_of_the_session: list[Path],
    own_user_folders: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    base = tmp_path_factory.getbasetemp()
    assert all(f.is_relative_to(base) for f in folders_of_the_session)
    assert cache_folder().is_relative_to(own_user_folders)
    assert not any(f.is_relative_to(own_user_folders) for f in folders_of_the_session)


def test_the_core_imports_with_no_qt() -> None:
    code = (
        "import sys, pkgutil, importlib\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('PySide6', 'pyqtgraph', 'app'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import skelseg_core\n"
        "for m in pkgutil.walk_packages(skelseg_core.__path__, 'skelseg_core.'):\n"
        "    importlib.import_module(m.name)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_window_imports_nothing_that_it_may_never_need() -> None:
    code = (
        "import sys\n"
        "import app.window.project_window, app.window.main_window\n"
        "heavy = {'torch', 'torchvision', 'pyqtgraph', 'onnxruntime', 'av', 'cv2'}\n"
        "heavy |= {'yaml', 'filelock', 'pandas', 'safetensors', 'defusedxml'}\n"
        "heavy |= {f'skelseg_core.formats.{n}' for n in ('labels', 'poses')}\n"
        "heavy |= {f'skelseg_core.tasks.{n}' for n in ('train', 'predict')}\n"
        "found = heavy & set(sys.modules)\n"
        "assert not found, found\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_window_stands_before_anything_heavy_is_imported() -> None:
    code = (
        "import sys\n"
        "import app.application, app.kit.theme, app.kit.settings\n"
        "heavy = {'numpy', 'yaml', 'app.window.project_window'}\n"
        "heavy.add('skelseg_core.labels.segmentation')\n"
        "found = heavy & set(sys.modules)\n"
        "assert not found, found\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@for_each(APP)
def test_labels_and_questions_show_text_as_it_is(path: Path) -> None:
    """Qt's own take a name that looks like HTML for HTML."""
    text = path.read_text(encoding="utf-8")
    calls = [name for name, _ in _calls(path)]
    if _relative(path) != "app/kit/labels.py":
        assert "QLabel" not in calls, "use Label of app.kit.labels"
    assert (
        "class " not in text
        or not re.search(r"^class .*\(QLabel\)", text, re.M)
        or (_relative(path) == "app/kit/labels.py")
    ), "derive from Label of app.kit.labels"
    if "QMessageBox" in calls or "(QMessageBox)" in text:
        assert "setTextFormat" in text, "a QMessageBox says setTextFormat"
    assert not [c for c in calls if c.startswith("QMessageBox.")]
