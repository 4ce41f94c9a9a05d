"""`kiosk` with the arguments given, saying when its first frame and its first price are on the glass (monotonic seconds).

Only listens: it wraps the window that the program makes anyway, and leaves the order of what follows alone.
"""

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtQuick import QQuickView

from kiosk.ui import splash

Tell = Callable[[str], None]


def listen() -> None:
    told: list[str] = []

    def tell(what: str) -> None:
        if what not in told:
            told.append(what)
            print(what, time.monotonic(), flush=True)

    class HeardView(QQuickView):
        def __init__(self) -> None:
            super().__init__()
            self.frameSwapped.connect(self.first)

        def first(self) -> None:
            if not told:
                tell("first")
                listen_for_price(tell)

    setattr(splash, "QQuickView", HeardView)  # noqa: B010  a name of that module that is not its to hand out


def listen_for_price(tell: Tell) -> None:
    from kiosk.ui import app
    from kiosk.ui.window import Window

    class HeardWindow(Window):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.view.frameSwapped.connect(lambda: tell("price") if self.scene.startswith("ready") else None)
            self.view.update()  # its first frame may have come before anybody listened

    setattr(app, "Window", HeardWindow)  # noqa: B010


if __name__ == "__main__":
    listen()
    from kiosk.__main__ import main

    main()
