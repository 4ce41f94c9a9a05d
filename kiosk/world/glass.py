"""What the driver would see: derived by the station's own pure functions, and held against Vipps' books. `U` as in docs/reliability.md."""

from kiosk.domain.states import Abandoned, Settled, Settling, Stuck, offer_of
from kiosk.domain.view import StationView
from kiosk.ui.station.glass import Glass
from kiosk.ui.station.parts import Page
from kiosk.ui.station.props import derive
from kiosk.words.amounts import money
from kiosk.words.catalogue import open_words
from kiosk.world.checks import Inspector
from kiosk.world.nature import Surroundings


class Beholder:
    """Looks at the glass whenever a page about money may have changed, and once a world at every other kind of page."""

    def __init__(self, world: Surroundings, inspector: Inspector) -> None:
        self._world, self._inspector = world, inspector
        self._last: dict[str, object] = {}
        self._seen: set[type] = set()
        self._words = open_words("en")

    def glances(self, view: StationView) -> bool:
        """Whether there is something new to see. What the program believes is compared with its rows at each glance."""
        self._inspector.lived(view)
        session = view.session
        key = (
            type(session),
            offer_of(session).reference if session is not None else "",
            getattr(session, "step", None),
            session.checked if isinstance(session, Settling) else None,
        )
        if self._last.get(view.info.id) == key:
            return False
        self._last[view.info.id] = key
        told = isinstance(session, Settling | Settled | Abandoned | Stuck) or self._world.story is not None
        if told or type(session) not in self._seen:
            self._seen.add(type(session))
            return True
        return False

    def look(self, view: StationView) -> None:
        session = view.session
        if self._world.story is not None:
            self._world.tell(f"show {type(session).__name__ if session else 'nothing'} at {view.info.id}")
        glass = Glass(language="en", station=view.info.id)
        props = derive((view,), glass, self._words, view.now)
        if session is None:
            return
        self._check(view, props.page, props.notice.title, props.summary.number)

    def _check(self, view: StationView, page: Page, title: str, number: str) -> None:
        session = view.session
        assert session is not None
        reference, wrong, words = offer_of(session).reference, self._inspector.wrong, self._words
        book = self._world.ledger.books.get(reference)
        record = self._inspector.records.get(reference)
        if page is Page.SUMMARY:
            settled = book is not None and not book.account.remaining and book.account.captured.minor > 0
            if book is None or not settled or record is None or (record.own != record.due and not book.meddled):
                wrong("U1 paid only when paid", f"{reference} is shown as paid while Vipps has {book and book.account}")
            elif number != money(book.account.captured, words).number and not book.meddled:
                wrong("U2 the amount shown", f"{reference} shows {number} where {book.account.captured} was captured")
        nothing = book is not None and not book.account.remaining and not book.account.captured
        if title == words.text("You pay nothing") and not nothing:
            wrong(
                "U3 nothing only when nothing", f"{reference} is told to pay nothing; Vipps has {book and book.account}"
            )
        if title == words.text("No payment was made") and book is not None and book.account.remaining:
            wrong("U3 failed only when failed", f"{reference} is shown as not paid while it is {book.approval}")
        if isinstance(session, Settled | Stuck) and page is Page.PAY:
            wrong("U5 no code after the end", f"{reference} still shows a code")
