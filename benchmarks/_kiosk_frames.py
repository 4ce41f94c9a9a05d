"""`kiosk` with the arguments given, saying when its first frame and its first price are on the glass (monotonic seconds).

Only listens: it wraps the window that the program makes anyway, and leaves the order of what follows alone.
"""

import time
from typing import Any

from PySide6.QtQuick import QQuickView


def listen() -> None:
    import kiosk.ui.splash

    told: list[str] = []

    def tell(what: str) -> None:
        if what not in told:
            told.append(what)
            print(what, time.monotonic(), flush=True)

    def first_frame() -> None:
        tell("first")
        listen_for_price(tell)

    class Heard(QQuickView):
        def __init__(self) -> None:
            super().__init__()
            self.frameSwapped.connect(first_frame)

    kiosk.ui.splash.QQuickView = Heard  # type: ignore[misc]


def listen_for_price(tell: Any) -> None:
    from kiosk.ui import app

    if app.Window.__name__ == "Heard":
        return

    class Heard(app.Window):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.view.frameSwapped.connect(lambda: tell("price") if self.scene.startswith("ready") else None)

    app.Window = Heard  # type: ignore[misc]


if __name__ == "__main__":
    listen()
    from kiosk.__main__ import main

    main()
