"""Make the files of a release in dist/VERSION: wheel, sdist, bundle, parts and sums.

The list of parts (SBOM, CycloneDX) is that of an environment with the wheel alone. The
bundle is added where `make bundle` made it. Where the commit has a tag, it has to be
the version.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from skelseg_core import __version__

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "dist" / __version__


def main() -> None:
    """Make all files anew."""
    _check_tag()
    shutil.rmtree(OUT, ignore_errors=True)
    _python("hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", str(OUT))
    (wheel,) = OUT.glob("*.whl")
    _list_parts(wheel)
    bundle = ROOT / "dist" / "skelseg"
    if bundle.is_dir():
        system = f"{platform.system()}-{platform.machine()}".lower()
        name = OUT / f"skelseg-{__version__}-{system}"
        shutil.make_archive(str(name), "gztar", bundle.parent, bundle.name)
    sums = [f"{_sum(path)}  {path.name}\n" for path in sorted(OUT.iterdir())]
    (OUT / "SHA256SUMS").write_text("".join(sums))
    print("".join(sums), end="")


def _check_tag() -> None:
    found = subprocess.run(
        ["git", "describe", "--tags", "--exact-match"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    tag = found.stdout.strip()
    if tag and tag != f"v{__version__}":
        sys.exit(f"The tag is {tag} and the version {__version__}; correct one.")


def _python(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=True)


def _list_parts(wheel: Path) -> None:
    """List what an environment holds into which only the wheel was installed."""
    with tempfile.TemporaryDirectory() as place:
        # Without pip, which is no part.
        venv.create(place, symlinks=sys.platform != "win32")
        inside = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
        python = str(Path(place, inside))
        _python("pip", "--python", python, "install", "--quiet", str(wheel))
        # The program that lists them reads the version nowhere else.
        about = Path(place, "pyproject.toml")
        text = (ROOT / "pyproject.toml").read_text()
        said = f'version = "{__version__}"'
        about.write_text(text.replace('dynamic = ["version"]', said))
        parts = OUT / f"skelseg-{__version__}.cdx.json"
        more = ("--pyproject", str(about), "--output-reproducible")
        _python("cyclonedx_py", "environment", *more, "-o", str(parts), python)
    notice = (ROOT / "resources/licenses/NOTICE.md").read_text().lower()
    names = [c["name"].lower() for c in json.loads(parts.read_text())["components"]]
    unnamed = [n for n in names if n.replace("_", "-") not in notice]
    if unnamed:
        sys.exit(f"resources/licenses/NOTICE.md does not name {', '.join(unnamed)}.")


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
