"""The demo's own folder: it clears what it has written itself, and nothing else."""

from pathlib import Path

import pytest

from kiosk.demo.backdrop import WRITTEN_BY, fresh_folder
from kiosk.domain.fault import FaultError


def test_a_folder_with_somebody_elses_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("keep", "utf-8")
    with pytest.raises(FaultError, match="not a demo's own"):
        fresh_folder(tmp_path)
    assert (tmp_path / "thesis.txt").read_text("utf-8") == "keep"


def test_what_an_earlier_demo_left_is_cleared(tmp_path: Path) -> None:
    out = tmp_path / "out"
    fresh_folder(out)
    (out / "kiosk.toml").write_text(f"{WRITTEN_BY}\n", "utf-8")
    (out / "ledger.json").write_text("{}", "utf-8")
    fresh_folder(out)
    assert list(out.iterdir()) == []


def test_a_file_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("a file", "utf-8")
    with pytest.raises(FaultError, match="--out"):
        fresh_folder(out)
