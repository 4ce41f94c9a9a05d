"""The languages that can be read here: English is in the source, every other one is a .po file and nothing else."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

SOURCE = "en"
PART = re.compile(r'(msgid|msgstr)? *("(?:[^"\\]|\\.)*")')
FOLDER = Path(__file__).resolve().parents[2] / "resources" / "locale"


@dataclass(frozen=True)
class Words:
    """One language, and the time zone of the site whose clock it tells."""

    language: str
    zone: ZoneInfo
    table: Mapping[str, str]

    def text(self, message: str, **values: object) -> str:
        """`message` in this language. Its `{names}` are filled with `values`, which are finished texts."""
        found = self.table.get(message, message)
        return found.format(**values) if values else found

    @property
    def own_name(self) -> str:
        """What this language calls itself: the translation of "English"."""
        return self.text("English")


def marked(message: str) -> str:
    """Marks a message in a table for the catalogues; it is looked up where it is shown."""
    return message


def languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """Codes of all languages, the source last."""
    return (*sorted(file.stem for file in folder.glob("*.po")), SOURCE)


@cache
def open_words(language: str, zone: str = "Europe/Oslo", folder: Path = FOLDER) -> Words:
    """The words of `language`; English where there is no such catalogue."""
    known = language if (folder / f"{language}.po").is_file() else SOURCE
    return Words(known, ZoneInfo(zone), {} if known == SOURCE else _table((folder / f"{known}.po").read_text("utf-8")))


def _table(written: str) -> dict[str, str]:
    """What the .po file translates: pairs of msgid and msgstr, each in one or more quoted lines, without plurals.

    Read here and not by Babel, whose locales would be 9 MB of every running station.
    """
    parts: list[str] = []
    for match in map(PART.fullmatch, written.splitlines()):
        if match is not None and match[1]:
            parts.append(json.loads(match[2]))
        elif match is not None:
            parts[-1] += json.loads(match[2])
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return {message: translation for message, translation in pairs if message and translation}
