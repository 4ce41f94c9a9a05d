"""Every sentence is there in every language, and a language is one file."""

import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from kiosk.words.catalogue import FOLDER, languages, open_words

ROOT = Path(__file__).parents[2]
KEYWORDS = {"text": None, "marked": None}
OTHERS = [language for language in languages() if language != "en"]


def said() -> set[str]:
    """Every message that the source looks up or marks."""
    files = [*(ROOT / "kiosk" / "words").glob("*.py"), *(ROOT / "kiosk" / "ui").rglob("*.py")]
    return {
        message
        for file in files
        for _line, message, _comments, _context in extract_from_file("python", str(file), keywords=KEYWORDS)
        if isinstance(message, str)
    }


def catalogue(language: str) -> Catalog:
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def names(message: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(message) if name is not None}


def test_the_scan_sees_the_sentences_of_words_and_glass() -> None:
    assert {"Plug in the car", "The energy meter does not answer.", "English", "h"} <= said()
    assert len(said()) > 250


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated_and_none_is_left_over(language: str) -> None:
    translated = {str(entry.id) for entry in catalogue(language) if entry.id and entry.string and not entry.fuzzy}
    assert said() - translated == set()
    assert translated - said() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_is_read_as_a_translators_tools_read_it(language: str) -> None:
    entries = {str(entry.id): str(entry.string) for entry in catalogue(language) if entry.id and entry.string}
    assert open_words(language).table == entries


def test_a_translation_may_run_over_lines_and_be_missing(tmp_path: Path) -> None:
    (tmp_path / "fi.po").write_text(
        '# a "comment"\nmsgid ""\n"Plug in "\n"the \\"car\\""\nmsgstr "Kytke\\n"\n"auto"\n\nmsgid "Pay"\nmsgstr ""\n',
        "utf-8",
    )
    words = open_words("fi", folder=tmp_path)
    assert words.text('Plug in the "car"') == "Kytke\nauto"
    assert words.text("Pay") == "Pay"


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_fills_the_same_names(language: str) -> None:
    wrong = [entry.id for entry in catalogue(language) if entry.id and names(str(entry.id)) != names(str(entry.string))]
    assert wrong == []


def test_norwegian_and_english_call_themselves_by_their_own_names() -> None:
    assert [open_words(language).own_name for language in languages()] == ["Norsk", "English"]


def test_an_unknown_language_speaks_english() -> None:
    assert open_words("xx").language == "en"


def test_a_new_language_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "fi.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "English"\nmsgstr "Suomi"\n', "utf-8"
    )
    words = open_words("fi", folder=tmp_path)
    assert languages(tmp_path) == ("fi", "en")
    assert words.own_name == "Suomi"
    assert words.text("Plug in the car") == "Plug in the car"


def test_nobody_is_shouted_at() -> None:
    sentences = said() | {str(entry.string) for language in OTHERS for entry in catalogue(language) if entry.id}
    assert [sentence for sentence in sentences if "!" in sentence] == []
