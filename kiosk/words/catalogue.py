"""The languages that can be read here: English is in the source, every other one is a .po file and nothing else."""

import gettext
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from kiosk import RESOURCES

SOURCE = "en"
FOLDER = RESOURCES / "locale"


@dataclass(frozen=True)
class Words:
    """One language, and the time zone of the site whose clock it tells."""

    language: str
    zone: ZoneInfo
    locale: Locale
    table: gettext.NullTranslations

    def text(self, message: str, **values: object) -> str:
        """`message` in this language. Its `{names}` are filled with `values`, which are finished texts."""
        found = self.table.gettext(message)
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
    return Words(known, ZoneInfo(zone), Locale.parse(known), _table(known, folder))


def _table(language: str, folder: Path) -> gettext.NullTranslations:
    if language == SOURCE:
        return gettext.NullTranslations()
    with (folder / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
