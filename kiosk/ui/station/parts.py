"""What each page of the glass shows, as finished texts. Every part has an empty form, so nothing of a driver stays."""

from dataclasses import dataclass
from enum import StrEnum


class Page(StrEnum):
    """The pages in the order in which a driver meets them; the slide between two follows this order."""

    TILES = "tiles"
    READY = "ready"
    HOLD = "hold"
    TERMS = "terms"
    PAY = "pay"
    NOTICE = "notice"
    CHARGING = "charging"
    CODE = "code"
    SUMMARY = "summary"


@dataclass(frozen=True)
class Pill:
    """A status: `tone` is go, warn, stop or info, and never speaks without icon and word."""

    text: str = ""
    icon: str = "check"
    tone: str = "go"


@dataclass(frozen=True)
class Button:
    """`intent` is what the model is told when it is pressed. A button without text is not there."""

    text: str = ""
    intent: str = ""


@dataclass(frozen=True)
class Row:
    label: str
    value: str
    tone: str = ""


@dataclass(frozen=True)
class Language:
    code: str
    name: str
    current: bool


@dataclass(frozen=True)
class Header:
    title: str = ""
    languages: tuple[Language, ...] = ()
    languages_name: str = ""
    more: str = ""


@dataclass(frozen=True)
class Footer:
    help: str = ""
    station: str = ""
    time: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Tile:
    id: str
    name: str
    price: str
    pill: Pill


@dataclass(frozen=True)
class Tiles:
    title: str = ""
    tiles: tuple[Tile, ...] = ()


@dataclass(frozen=True)
class ReadyPage:
    label: str = ""
    number: str = ""
    unit: str = ""
    power: str = ""
    rows: tuple[Row, ...] = ()
    how: str = ""
    steps: tuple[str, ...] = ()
    promise: str = ""
    example: str = ""
    start: Button = Button()
    back: Button = Button()


@dataclass(frozen=True)
class Choice:
    number: str
    unit: str
    buys: str
    energy: str
    name: str


@dataclass(frozen=True)
class HoldPage:
    title: str = ""
    promise: str = ""
    choices: tuple[Choice, ...] = ()
    chosen_word: str = ""
    back: Button = Button()
    terms: Button = Button()
    pay: Button = Button()


@dataclass(frozen=True)
class Section:
    title: str
    text: str


@dataclass(frozen=True)
class TermsPage:
    title: str = ""
    sections: tuple[Section, ...] = ()
    back: Button = Button()


@dataclass(frozen=True)
class PayPage:
    """`code` is Vipps' picture as a data address; it is never drawn by us."""

    title: str = ""
    code: str = ""
    code_name: str = ""
    hold_label: str = ""
    hold: str = ""
    promise: str = ""
    nickname_label: str = ""
    nickname: str = ""
    warning: str = ""
    left_label: str = ""
    left: str = ""
    cancel: Button = Button()


@dataclass(frozen=True)
class ChargingPage:
    number: str = ""
    unit: str = ""
    cost: str = ""
    cost_unit: str = ""
    gauge: float = 0.0
    used: str = ""
    reserve: str = ""
    power_label: str = ""
    power: str = ""
    power_unit: str = ""
    time_label: str = ""
    time: str = ""
    meter: str = ""
    meter_from: str = ""
    meter_to: str = ""
    note: str = ""
    stop: Button = Button()
    stop_hint: str = ""


@dataclass(frozen=True)
class CodePage:
    title: str = ""
    text: str = ""
    message: str = ""
    filled: tuple[bool, ...] = (False, False, False, False)
    locked: bool = False
    entered: str = ""
    erase: str = ""
    back: Button = Button()


@dataclass(frozen=True)
class SummaryPage:
    label: str = ""
    number: str = ""
    unit: str = ""
    why: str = ""
    receipt: str = ""
    meter: str = ""
    rows: tuple[Row, ...] = ()
    confirmed: str = ""
    leave: Button = Button()


@dataclass(frozen=True)
class NoticePage:
    """One large sentence, what it means, and what can be done: for every moment that needs no page of its own."""

    title: str = ""
    lead: str = ""
    foot: str = ""
    side_title: str = ""
    side: str = ""
    rows: tuple[Row, ...] = ()
    side_foot: str = ""
    left_label: str = ""
    left: str = ""
    primary: Button = Button()
    secondary: Button = Button()


@dataclass(frozen=True)
class StationProps:
    page: Page = Page.READY
    header: Header = Header()
    footer: Footer = Footer()
    pill: Pill = Pill()
    dimmed: bool = False
    wake: str = ""
    chosen: int = 0
    tiles: Tiles = Tiles()
    ready: ReadyPage = ReadyPage()
    hold: HoldPage = HoldPage()
    terms: TermsPage = TermsPage()
    pay: PayPage = PayPage()
    charging: ChargingPage = ChargingPage()
    code: CodePage = CodePage()
    summary: SummaryPage = SummaryPage()
    notice: NoticePage = NoticePage()
