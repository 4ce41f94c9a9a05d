"""Qt for painting without a screen, and the one family of letters that labels are set in."""

import os
from importlib.resources import as_file, files

from PySide6.QtGui import QFontDatabase, QGuiApplication

FAMILY = "Hanken Grotesk"
FACES = ("Medium", "Bold")


def painting_app() -> QGuiApplication:
    """The application that is running, or one without a screen. The caller keeps it for as long as it paints."""
    running = QGuiApplication.instance()
    if isinstance(running, QGuiApplication):
        return running
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QGuiApplication(["kiosk"])


def load_letters() -> None:
    """Make FAMILY known to Qt, once for each application. Without it every letter would be another font's, or a box."""
    if QGuiApplication.instance() is None:
        raise RuntimeError("Qt cannot paint letters yet: keep `app = painting_app()` before the first label.")
    if set(FACES) <= set(QFontDatabase.styles(FAMILY)):
        return
    for face in FACES:
        with as_file(files("font_hanken_grotesk") / "files" / f"HankenGrotesk-{face}.otf") as path:
            if QFontDatabase.addApplicationFont(str(path)) < 0:
                raise RuntimeError(f"Qt could not load {path}. Run `make` again to install font-hanken-grotesk.")
