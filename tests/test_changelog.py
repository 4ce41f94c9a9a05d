"""The changelog keeps its form: versions newest first, known headings, and every line names the person it is for."""

import re
from pathlib import Path

TEXT = (Path(__file__).parent.parent / "CHANGELOG.md").read_text()
HEADINGS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
LINE = re.compile(r"- (Driver|Technician|Attendant): \S")


def complaints(text: str) -> list[str]:
    """What is wrong with a changelog, one sentence for each line."""
    wrong, versions, headings = list[str](), list[str](), list[str]()
    body = text.split("\n## ", 1)[-1]
    for line in f"## {body}".splitlines():
        if version := re.fullmatch(r"## \[(Unreleased|\d+\.\d+\.\d+)\]( - \d{4}-\d{2}-\d{2})?", line):
            versions.append(version[1])
            headings = []
            if (version[1] == "Unreleased") != (version[2] is None):
                wrong.append(f"{line!r}: a version has its date, Unreleased has none")
        elif line.startswith("### "):
            headings.append(line[4:])
            if headings[-1] not in HEADINGS or headings != sorted(set(headings), key=HEADINGS.index):
                wrong.append(f"{line!r}: once each, in the order {', '.join(HEADINGS)}")
        elif line.startswith("  ") or not line:
            continue
        elif not headings or not LINE.match(line):
            wrong.append(f"{line!r}: write '- Driver: ...', '- Technician: ...' or '- Attendant: ...' under a heading")
    numbers = [tuple(map(int, version.split("."))) for version in versions if version != "Unreleased"]
    if versions[:1] != ["Unreleased"] or numbers != sorted(set(numbers), reverse=True):
        wrong.append("Versions stand newest first, below [Unreleased]")
    return wrong


def test_the_changelog_keeps_its_form() -> None:
    assert complaints(TEXT) == []
    assert re.search(LINE.pattern, TEXT)


def test_every_kind_of_slip_is_noticed() -> None:
    for slip in (
        "## [Unreleased] - 2026-01-01\n",
        "## [Unreleased]\n\n## [1.0.0]\n",
        "## [Unreleased]\n\n### Improved\n",
        "## [Unreleased]\n\n### Fixed\n\n### Added\n",
        "## [Unreleased]\n\n- Driver: no heading above.\n",
        "## [Unreleased]\n\n### Added\n\n- Refactored the store.\n",
        "## [Unreleased]\n\n## [1.0.0] - 2026-01-01\n\n## [1.1.0] - 2026-02-01\n",
    ):
        assert len(complaints(f"# Changelog\n\n{slip}")) == 1, slip
