"""kiosk.toml as frozen settings. A wrong file is one sentence: which key, what is wrong, what would be right.

Secrets never stand in it (`services/secrets.py`). `KIOSK_<SECTION>__<KEY>` in the environment overrides a key.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.domain.money import Currency, Money
from kiosk.domain.tariff import IdleFee, Tariff, price_e4
from kiosk.words.catalogue import languages

VOLTS_THREE_PHASE = 690
STATION_ID = r"^[A-Za-z0-9-]{1,24}$"


def _amount(value: object) -> int:
    """`"350"` or `"350.50"` as minor units."""
    e4 = price_e4(str(value))
    if isinstance(value, float) or e4 % 100:
        raise ValueError(f"{value!r} is no amount; write it in quotes with at most two decimals, such as '350.00'")
    return e4 // 100


def _price(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no price; write it in quotes with up to four decimals, such as '4.90'")
    return price_e4(value)


Price = Annotated[int, BeforeValidator(_price)]
Amount = Annotated[int, BeforeValidator(_amount)]


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name!r} is no time zone; write one such as Europe/Oslo") from None
    return name


def _language(code: str) -> str:
    known = languages()
    if code not in known:
        raise ValueError(f"{code!r} is no language of this kiosk; it knows {', '.join(known)}")
    return code


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VippsPart(Part):
    environment: Literal["simulator", "test", "production"]
    merchant_serial_number: str = Field(default="", pattern=r"^(\d{4,7})?$")
    base_url: str = ""


class JournalPart(Part):
    path: Path


class IdlePart(Part):
    """`per_minute` once a finished car has stood for `grace_minutes`, at most `cap`."""

    per_minute: Price
    grace_minutes: int = Field(ge=0, le=24 * 60)
    cap: Amount


class TariffPart(Part):
    currency: Currency = Currency.NOK
    energy: Price
    minute: Price = 0
    session: Price = 0
    idle: IdlePart | None = None
    vat_bp: int = Field(default=2500, ge=0, le=10_000)
    holds: tuple[Amount, ...] = (100_00, 200_00, 350_00, 500_00)
    preferred_hold: Amount = 350_00

    @model_validator(mode="after")
    def _holds(self) -> "TariffPart":
        if self.preferred_hold not in self.holds:
            raise ValueError("preferred_hold has to be one of holds")
        if min(self.holds) < self.currency.minimum.minor:
            raise ValueError(f"every hold has to be at least {self.currency.minimum}")
        if not any((self.energy, self.minute, self.session)):
            raise ValueError("at least one of energy, minute and session has to cost something")
        if min(self.holds) * 100 < self.session + self.energy:
            least = Money(-(-(self.session + self.energy) // 100), self.currency)
            raise ValueError(f"every hold has to cover the session fee and one kWh, which is {least}")
        if len(self.holds) > 6 or max(self.holds) > 65_000_000:
            raise ValueError("holds are at most six, each at most 650000.00")
        return self

    def build(self) -> Tariff:
        idle = self.idle and IdleFee(self.idle.per_minute, self.idle.grace_minutes * 60, self.idle.cap)
        return Tariff(self.currency, self.energy, self.minute, self.session, idle or None, self.vat_bp)

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)


class SitePart(Part):
    name: str = Field(min_length=1, max_length=40)
    help_phone: str = Field(min_length=3, max_length=24)
    public_url: str | None = Field(default=None, pattern=r"^https://[^\s]+[^/\s]$")
    language: Annotated[str, AfterValidator(_language)] = "nb"
    timezone: Annotated[str, AfterValidator(_timezone)] = "Europe/Oslo"


class DevicePart(Part):
    profile: str
    url: str = ""


def _who(text: str) -> str:
    if text and len(text.strip()) < 5:
        raise ValueError(f"{text!r} names nobody; write who allows it, such as 'Kari Nordmann, 12.11.2026'")
    return text


class ControllerPart(DevicePart):
    """`amps` is what the car is offered. A controller without a watchdog sells only if `waiver` names who allowed it."""

    amps: int | None = Field(default=None, ge=6, le=80)
    waiver: Annotated[str, AfterValidator(_who)] = ""


class StationPart(Part):
    id: str = Field(pattern=STATION_ID)
    name: str = Field(min_length=1, max_length=30)
    qr_id: str = ""
    rated_power_w: int = Field(ge=1000, le=400_000)
    asks_stop_code: bool = True
    meter: DevicePart
    controller: ControllerPart

    @property
    def amps(self) -> int:
        return self.controller.amps or max(6, min(80, self.rated_power_w // VOLTS_THREE_PHASE))


class SimulatorPart(Part):
    """Only beside simulators: business time runs `rate` times as fast, from `since_utc_ms` on."""

    rate: float = Field(default=1.0, gt=0, le=10_000)
    since_utc_ms: int


def _distinct(stations: tuple[StationPart, ...]) -> tuple[StationPart, ...]:
    ids = [station.id for station in stations]
    if twice := {name for name in ids if ids.count(name) > 1}:
        raise ValueError(f"station ids have to differ; {', '.join(sorted(twice))} stands more than once")
    return stations


def _own_devices(stations: tuple[StationPart, ...]) -> tuple[StationPart, ...]:
    """Two stations on one meter would bill the same energy twice, and two on one controller switch each other off."""
    for name in ("meter", "controller"):
        urls = [getattr(station, name).url for station in stations if getattr(station, name).url]
        if twice := next((url for url in urls if urls.count(url) > 1), None):
            raise ValueError(f"two stations have the same {name} url {twice}; every station needs its own {name}")
    return stations


class Settings(Part):
    vipps: VippsPart
    journal: JournalPart
    tariff: TariffPart
    site: SitePart
    station: Annotated[
        tuple[StationPart, ...],
        Field(min_length=1, max_length=8),
        AfterValidator(_distinct),
        AfterValidator(_own_devices),
    ]
    simulator: SimulatorPart | None = None

    @model_validator(mode="after")
    def _simulated(self) -> "Settings":
        if self.simulator is not None and self.vipps.environment != "simulator":
            raise ValueError("[simulator] is only allowed with [vipps] environment = 'simulator'")
        return self


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check a file. Raises FaultError(CONFIG_WRONG) with one sentence."""
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise _wrong(f"There is no settings file {path}. Name one with --config or KIOSK_CONFIG.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(f"The settings file {path} cannot be read ({error}). It has to be readable UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise _wrong(f"{path} is not valid TOML: {error}. Check quotes and brackets there.") from error
    for name, value in environ.items():
        if match := re.fullmatch(r"KIOSK_([A-Z]+)__([A-Z_]+)", name):
            part = data.setdefault(match[1].lower(), {})
            if not isinstance(part, dict):
                raise _wrong(
                    f"{name} cannot be set: [[{match[1].lower()}]] stands in the file more than once. Change it there."
                )
            part[match[2].lower()] = value
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise _wrong(f"{path}: {_sentence(error)}") from error


def _sentence(error: ValidationError) -> str:
    """The first finding, with the key as it is written in the file; how many more there are behind it."""
    first = error.errors()[0]
    where = " ".join(f"[{part}]" if index == 0 else str(part) for index, part in enumerate(first["loc"]))
    text = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        text = "is missing"
    elif first["type"] == "extra_forbidden":
        text = "is not a key that this kiosk knows; check its spelling"
    elif not first["msg"].startswith("Value error"):
        text = f"{first['input']!r} is wrong: {text[0].lower()}{text[1:]}"
    more = f" ({error.error_count() - 1} more after this one)" if error.error_count() > 1 else ""
    return f"{where} {text.rstrip('.')}{more}.".strip()


def _wrong(text: str) -> FaultError:
    return FaultError(Trouble(Fault.CONFIG_WRONG, text))
