"""QML shows finished texts: no sentence of its own, no long JavaScript, and nothing that the linter doubts."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "kiosk" / "ui"
FILES = sorted(UI.rglob("*.qml"))
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
BLOCK = re.compile(r"^(\s*)(?:function \w+\(.*|on\w+: \{|.*=> \{)\s*$")
LONGEST = 3
FAMILY = "Hanken Grotesk"


def test_the_scan_sees_the_pages() -> None:
    assert {"Station.qml", "ReadyPage.qml", "Theme.qml", "HoldButton.qml"} <= {file.name for file in FILES}


def test_the_linter_finds_nothing() -> None:
    linter = shutil.which("pyside6-qmllint", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("pyside6-qmllint is not on the path; run the tests from the project's environment.")
    answer = subprocess.run([linter, "-W", "0", *map(str, FILES)], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout + answer.stderr) == (0, "")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_qml_says_nothing_by_itself(file: Path) -> None:
    code = [line.split("//")[0] for line in file.read_text("utf-8").splitlines() if "image://" not in line]
    literals = [literal for line in code for literal in LITERAL.findall(line) if literal != FAMILY]
    assert [literal for literal in literals if re.search(r"[A-Za-zÆØÅæøå]\s+[A-Za-zÆØÅæøå]", literal)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_javascript_is_longer_than_three_lines(file: Path) -> None:
    lines = file.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if (found := BLOCK.match(line)) is not None:
            end = next(n for n in range(number + 1, len(lines)) if lines[n].startswith(found[1] + "}"))
            assert end - number - 1 <= LONGEST, f"{file.name}:{number + 1} has {end - number - 1} lines of JavaScript"
