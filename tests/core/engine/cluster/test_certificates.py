"""Certificates of a cluster: nobody else can read them, and bad ones are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.commands import done, mistake

pytest.importorskip("distributed", reason="needs the extra 'cluster'")
pytest.importorskip("cryptography", reason="needs the extra 'cluster'")

from skelseg_core.engine.cluster.certificates import (
    certificates_folder,
    make_certificates,
)

ADDRESS = "tls://127.0.0.1:1"


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    text = done("cluster", "certificates", tmp_path / "c", "--days", 30)
    assert text.startswith(f"Made certificates in {tmp_path / 'c'}; they count until")
    files = sorted((tmp_path / "c").iterdir())
    assert [f.name for f in files] == ["authority.pem", "certificate.pem", "key.pem"]
    if os.name != "nt":
        assert {f.stat().st_mode & 0o777 for f in files} == {0o600}
        assert (tmp_path / "c").stat().st_mode & 0o777 == 0o700
    # Nobody can make others that count: the key of the authority is nowhere.
    assert sum(b"PRIVATE KEY" in f.read_bytes() for f in files) == 1
    assert "has certificates already" in mistake(
        "cluster", "certificates", tmp_path / "c"
    )


def test_without_good_certificates_nothing_is_sent(tmp_path: Path) -> None:
    asked = ("cluster", "worker", ADDRESS)
    assert mistake(*asked) == (
        f"Error: There are no certificates in {certificates_folder()}, and nothing is "
        "sent without; make some with 'skelseg cluster certificates "
        f"{certificates_folder()}', or copy those of the scheduler there."
    )
    folder = tmp_path / "c"
    make_certificates(folder, days=-1)
    said = mistake(*asked, "--certificates", folder)
    assert "ended on" in said
    assert f"'skelseg cluster certificates {folder}'" in said
    (folder / "certificate.pem").write_text("none")
    assert "cannot be read" in mistake(*asked, "--certificates", folder)


@pytest.mark.skipif(os.name == "nt", reason="needs permissions")
def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    make_certificates(folder)
    (folder / "key.pem").chmod(0o640)
    said = mistake("cluster", "scheduler", "--certificates", folder)
    assert said.startswith(f"Error: Others can read the key {folder / 'key.pem'}")
