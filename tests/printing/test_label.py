"""The label scans at every printer's resolution and on the PDF page, and refuses to be one that would not."""

import io
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from PySide6.QtGui import QImage, QPainter

from kiosk.printing.label import HEIGHT_MM, WIDTH_MM, Label, paint_label
from kiosk.printing.pdf import label_pdf
from kiosk.printing.raster import draw, label_png
from kiosk.printing.symbol import LabelError, dark_runs, modules, prove_readable

pytestmark = pytest.mark.usefixtures("qapp")

LABEL = Label(
    payload="https://lad.example.no/s/NO-SND-003",
    word="Lader",
    number="3",
    call="Skann, reserver, plugg i.",
    how_to_pay=("Betal med Vipps eller MobilePay.", "Scan, reserve, plug in."),
    address="lad.example.no/3",
    phone="22 00 00 00",
    caution="Vi spør aldri etter kortnummer.",
    imprint="NO-SND-003 · 2026-11",
)
LONGEST_LINK = "https://lad.example.no/" + "x" * 51


def scan(picture: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(picture, try_invert=False)]


@pytest.mark.parametrize("dpi", [203, 300, 600])
@pytest.mark.parametrize("payload", [LABEL.payload, LONGEST_LINK])
def test_the_png_scans_in_its_true_size(dpi: int, payload: str) -> None:
    with Image.open(io.BytesIO(label_png(replace(LABEL, payload=payload), dpi))) as picture:
        assert scan(picture) == [payload]
        assert picture.size == (round(WIDTH_MM / 25.4 * dpi), round(HEIGHT_MM / 25.4 * dpi))
        assert picture.info["dpi"] == pytest.approx((dpi, dpi), abs=0.1)


@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_the_code_is_forty_millimetres_of_whole_dots_with_its_quiet_zone(dpi: int) -> None:
    image = draw(LABEL, dpi)
    # From the frame on, the first dark column and row belong to a finder pattern: seven modules, then light.
    middle = [image.pixelColor(x, image.height() // 4).lightness() for x in range(image.width() // 2)]
    dark = [x for x, lightness in enumerate(middle) if lightness < 128 and x > dpi // 20]
    start = dark[0]
    column = [image.pixelColor(start, y).lightness() for y in range(image.height())]
    finder = next(y for y in range(dpi // 20, len(column)) if column[y] == 0)
    length = next(n for n in range(len(column)) if column[finder + n] != 0)
    assert length % 7 == 0
    module = length // 7
    assert set(column[finder - 4 * module : finder]) == {255}
    assert set(middle[start - 4 * module : start]) == {255}
    assert module * len(modules(LABEL.payload)) / dpi * 25.4 >= 40
    assert set(column) == {0, 255} | set(column[: dpi // 20]) | set(column[-dpi // 20 :]), "the code has grey edges"


@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="pdftoppm is missing; install poppler-utils")
def test_the_pdf_page_scans_and_its_letters_are_letters(tmp_path: Path) -> None:
    (tmp_path / "label.pdf").write_bytes(label_pdf(LABEL))
    subprocess.run(["pdftoppm", "-r", "300", "-png", "-singlefile", "label.pdf", "page"], cwd=tmp_path, check=True)
    with Image.open(tmp_path / "page.png") as page:
        assert scan(page) == [LABEL.payload]
        assert page.size == pytest.approx((1063, 591), abs=3)
    text = subprocess.run(
        ["pdftotext", "label.pdf", "-"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    assert LABEL.caution in text
    images = subprocess.run(
        ["pdfimages", "-list", "label.pdf"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert len(images.stdout.splitlines()) == 2, "the page holds a picture where it should hold letters and lines"


def test_every_text_stands_inside_the_frame_and_right_of_the_code() -> None:
    full = ink(LABEL)
    empty = ink(
        replace(LABEL, word="", number="", call="", how_to_pay=(), address="", phone="", caution="", imprint="")
    )
    text = full - empty
    assert len(text) > 1000
    assert min(x for x, _ in text) >= 50 * 8
    assert max(x for x, _ in text) <= 87 * 8
    assert min(y for _, y in text) >= 3 * 8
    assert max(y for _, y in text) <= 47 * 8


def ink(label: Label) -> set[tuple[int, int]]:
    """The dark dots at eight to the millimetre."""
    image = QImage(WIDTH_MM * 8, HEIGHT_MM * 8, QImage.Format.Format_Grayscale8)
    image.fill(255)
    painter = QPainter(image)
    paint_label(painter, label, 8)
    painter.end()
    return {
        (x, y) for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y).lightness() < 128
    }


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"payload": "https://lad.example.no/" + "x" * 400}, "Use a shorter link"),
        ({"payload": "x" * 2000}, "fits no QR code"),
        ({"payload": ""}, "does not scan as ''"),
        ({"how_to_pay": ("Betal med Vipps eller MobilePay.",) * 4}, "Use fewer or shorter lines"),
        ({"caution": "Vi spør aldri etter kortnummer. " * 3}, "too long for one line"),
        ({"call": "Betalingsterminalbetjeningsveiledning"}, "Use shorter words"),
    ],
)
def test_a_label_that_nobody_could_read_is_refused_with_what_would_be_right(
    change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(LabelError, match=sentence):
        label_pdf(replace(LABEL, **change))


def test_a_picture_that_says_something_else_is_refused() -> None:
    image = draw(LABEL, 300)
    with pytest.raises(LabelError, match="does not scan"):
        prove_readable(image, "https://lad.example.no/s/NO-SND-004")
    image.invertPixels()
    with pytest.raises(LabelError, match="but as nothing"):
        prove_readable(image, LABEL.payload)


def test_a_label_can_be_painted_where_no_application_runs() -> None:
    script = (
        "from kiosk.printing.screenless import painting_app, load_letters\n"
        "try: load_letters()\n"
        "except RuntimeError as error: print(error)\n"
        "app = painting_app(); assert painting_app() is app; load_letters(); print(app.platformName())\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert "keep `app = painting_app()`" in run.stdout
    assert run.stdout.endswith("offscreen\n")


def test_runs_of_dark_modules_cover_exactly_the_dark_ones() -> None:
    assert dark_runs([False, True, True, False, True]) == [(1, 2), (4, 1)]
    assert dark_runs([True]) == [(0, 1)]
    assert dark_runs([False, False]) == []
