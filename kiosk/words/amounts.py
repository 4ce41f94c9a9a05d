"""Money, energy, power and time as text, by language. A number never parts from its unit."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal

from kiosk.domain.money import Currency, Money
from kiosk.words.catalogue import Words, marked

NO_BREAK = "\u00a0"
THIN = "\u202f"
JOINER = "\u2060"
SIGNS = {Currency.NOK: marked("NOK"), Currency.DKK: marked("DKK"), Currency.EUR: marked("€")}


@dataclass(frozen=True)
class Amount:
    """A number and its unit, apart so that a surface may set them in different sizes."""

    number: str
    unit: str

    def __str__(self) -> str:
        return f"{self.number}{NO_BREAK}{self.unit}"


def money(amount: Money, words: Words) -> Amount:
    return Amount(_number(Decimal(amount.minor) / 100, words, least=2, most=2), currency(amount.currency, words))


def whole_money(amount: Money, words: Words) -> Amount:
    """Without decimals where they are nought: a hold of 350 kr."""
    if amount.minor % 100:
        return money(amount, words)
    return Amount(_number(Decimal(amount.minor // 100), words), currency(amount.currency, words))


def price(price_e4: int, money_unit: Currency, per: str, words: Words) -> Amount:
    """A price of two to four decimals: `4,90 kr/kWh`. `per` is the unit that it buys, empty for one session."""
    number = _number(Decimal(price_e4) / 10_000, words, least=2, most=4)
    unit = currency(money_unit, words)
    return Amount(number, f"{unit}/{per}" if per else unit)


def currency(unit: Currency, words: Words) -> str:
    return words.text(SIGNS[unit])


def energy(energy_wh: int, words: Words, resolution_wh: int = 10) -> Amount:
    """kWh with as many decimals as the meter proves, never more than was delivered."""
    decimals = 3 if resolution_wh < 10 else 2 if resolution_wh < 100 else 1 if resolution_wh < 1000 else 0
    step = Decimal(1).scaleb(-decimals)
    kilowatt_hours = (Decimal(energy_wh) / 1000).quantize(step, rounding=ROUND_DOWN)
    return Amount(_number(kilowatt_hours, words, least=decimals, most=decimals), "kWh")


def whole_energy(energy_wh: int, words: Words) -> Amount:
    return Amount(_number(Decimal(energy_wh // 1000), words), "kWh")


def power(power_w: int, words: Words) -> Amount:
    return Amount(_number(Decimal(power_w) / 1000, words, least=1, most=1), "kW")


def rated_power(power_w: int, words: Words) -> Amount:
    """A power on a plate: `11 kW`, `7,4 kW`."""
    return Amount(_number(Decimal(power_w) / 1000, words, most=1), "kW")


def percent(basis_points: int, words: Words) -> str:
    return str(Amount(_number(Decimal(basis_points) / 100, words, most=2), "%"))


def minutes(seconds: int, words: Words) -> Amount:
    """Whole minutes, rounded down: `15 min`."""
    return Amount(str(seconds // 60), words.text("min"))


def duration(seconds: int, words: Words) -> str:
    """`42 s`, `34 min` or `1 t 34 min`."""
    if seconds < 60:
        return str(Amount(str(seconds), words.text("s")))
    hours, rest_s = divmod(seconds, 3600)
    tail = minutes(rest_s, words)
    head = Amount(str(hours), words.text("h"))
    return f"{head}{NO_BREAK}{tail}" if hours else str(tail)


def countdown(seconds: int) -> str:
    """`4:38`; nought when it is over."""
    left_s = max(0, seconds)
    return f"{left_s // 60}:{left_s % 60:02d}"


def clock(utc_ms: int, words: Words) -> str:
    """The time of day at the site: `14:32`."""
    return _local(utc_ms, words).strftime(words.text("%H:%M"))


def clock_seconds(utc_ms: int, words: Words) -> str:
    return _local(utc_ms, words).strftime(words.text("%H:%M:%S"))


def unbroken(amount: Amount) -> str:
    """For text that wraps: a line may otherwise end after the slash of `kr/kWh`."""
    return str(amount).replace("/", f"/{JOINER}")


def phone_number(written: str) -> str:
    """As the operator wrote it, on one line."""
    return written.replace(" ", NO_BREAK)


def _local(utc_ms: int, words: Words) -> datetime:
    return datetime.fromtimestamp(utc_ms / 1000, UTC).astimezone(words.zone)


def _number(value: Decimal, words: Words, *, least: int = 0, most: int = 0) -> str:
    """With `least` to `most` decimals, thin spaces in thousands, and the language's own decimal sign."""
    whole, _, decimals = f"{value:,.{most}f}".partition(".")
    decimals = decimals[:least] + decimals[least:].rstrip("0")
    return whole.replace(",", THIN) + (words.text(".") + decimals if decimals else "")
