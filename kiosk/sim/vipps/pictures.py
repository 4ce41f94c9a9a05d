"""QR codes as real pictures. They are plain ones: the real service draws its brand around them."""

from functools import lru_cache
from io import BytesIO

import qrcode
from PIL import Image

QUIET_MODULES = 4


@lru_cache(maxsize=64)
def png(content: str, size: int) -> bytes:
    """`size` pixels square. Modules may differ by a pixel where `size` is no multiple of them."""
    rows = modules(content)
    drawing = Image.new("1", (len(rows), len(rows)), 1)
    drawing.putdata([0 if dark else 1 for row in rows for dark in row])
    out = BytesIO()
    drawing.resize((size, size), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()


@lru_cache(maxsize=64)
def svg(content: str) -> bytes:
    rows = modules(content)
    path = "".join(f"M{x},{y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(rows)} {len(rows)}">'
        f'<rect width="100%" height="100%" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    ).encode()


def modules(content: str) -> list[list[bool]]:
    code = qrcode.QRCode(border=QUIET_MODULES, error_correction=qrcode.ERROR_CORRECT_M)
    code.add_data(content)
    matrix: list[list[bool]] = code.get_matrix()
    return matrix
