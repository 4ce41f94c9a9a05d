"""Where a device is: `tcp://host:port?unit=1`, `rtu:///dev/ttyUSB0?baud=9600&parity=N&stopbits=1&unit=1`, `rtutcp://...`."""

from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from kiosk.domain.fault import Fault, FaultError, Trouble

PORT = 502
EXAMPLES = (
    "tcp://192.168.1.20:502?unit=1, rtu:///dev/ttyUSB0?baud=9600&parity=N&stopbits=1&unit=1 or rtutcp://host:4001"
)
BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
OPTIONS = {"tcp": {"unit", "ids"}, "rtutcp": {"unit"}, "rtu": {"unit", "baud", "parity", "stopbits"}}


@dataclass(frozen=True)
class Serial:
    """How a serial line is set. Means nothing on `tcp` and `rtutcp`, where the gateway decides."""

    baud: int = 9600
    parity: str = "N"
    stopbits: int = 1

    def __str__(self) -> str:
        return f"{self.baud} 8{self.parity}{self.stopbits}"


@dataclass(frozen=True)
class Address:
    """`host` is the path of the tty on `rtu`, where `port` is 0. `any_id` is a gateway that changes transaction ids."""

    transport: str
    host: str
    port: int
    unit: int
    serial: Serial
    any_id: bool = False

    @property
    def place(self) -> str:
        return f"rtu://{self.host}" if self.transport == "rtu" else f"{self.transport}://{self.host}:{self.port}"

    @property
    def manner(self) -> str:
        """How it is spoken to, which is the same for all devices of a line."""
        return f"rtu {self.serial}" if self.transport == "rtu" else self.transport + " with any id" * self.any_id

    @property
    def url(self) -> str:
        """What `parse` reads, with everything said."""
        if self.transport == "rtu":
            baud, parity, stopbits = self.serial.baud, self.serial.parity, self.serial.stopbits
            return f"{self.place}?baud={baud}&parity={parity}&stopbits={stopbits}&unit={self.unit}"
        return f"{self.place}?unit={self.unit}" + "&ids=any" * self.any_id

    @property
    def owner_key(self) -> str:
        """The same for everything that must share one connection, whatever it is called."""
        return str(Path(self.host).resolve()) if self.transport == "rtu" else f"{self.host}:{self.port}"


def stated(url: str) -> frozenset[str]:
    """The options that an address names itself."""
    return frozenset(dict(parse_qsl(urlsplit(url).query)))


def parse(url: str, unit: int, serial: Serial) -> Address:
    """`unit` and `serial` are the profile's own, for what the address leaves out. Raises FaultError."""
    try:
        return _parse(url, unit, serial)
    except ValueError as error:
        text = f"{url!r} is no address of a Modbus device: {error}. Write one such as {EXAMPLES}."
        raise FaultError(Trouble(Fault.CONFIG_WRONG, text)) from None


def _parse(url: str, unit: int, serial: Serial) -> Address:
    parts = urlsplit(url)
    if parts.scheme not in OPTIONS:
        raise ValueError("it has to begin with tcp://, rtu:// or rtutcp://")
    options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    if unknown := sorted(set(options) - OPTIONS[parts.scheme]):
        allowed = ", ".join(sorted(OPTIONS[parts.scheme]))
        raise ValueError(f"{parts.scheme} has no option {unknown[0]!r} (only {allowed})")
    unit = _whole(options, "unit", unit, range(256))
    if parts.scheme == "rtu":
        if parts.netloc or len(parts.path) < 2:
            raise ValueError("a serial line is named by its path, with three slashes")
        return Address("rtu", parts.path, 0, unit, _serial(options, serial))
    if not parts.hostname or parts.path not in ("", "/") or any(letter.isspace() for letter in parts.netloc):
        raise ValueError("it has to name a host and nothing behind it")
    port = PORT if parts.port is None else parts.port
    name = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    host = f"[{name}]" if ":" in name else name
    if options.get("ids", "any") != "any":
        raise ValueError(f"ids={options['ids']} has to be any, or be left out")
    return Address(parts.scheme, host, port, unit, serial, "ids" in options)


def _serial(options: dict[str, str], serial: Serial) -> Serial:
    parity = options.get("parity", serial.parity).upper()
    if parity not in ("N", "E", "O"):
        raise ValueError(f"parity={parity} has to be N, E or O")
    baud = _whole(options, "baud", serial.baud, BAUDS)
    return replace(serial, baud=baud, parity=parity, stopbits=_whole(options, "stopbits", serial.stopbits, (1, 2)))


def _whole(options: dict[str, str], name: str, default: int, allowed: range | tuple[int, ...]) -> int:
    text = options.get(name, str(default))
    if not text.isdecimal() or int(text) not in allowed:
        right = f"{allowed[0]} to {allowed[-1]}" if isinstance(allowed, range) else ", ".join(map(str, allowed))
        raise ValueError(f"{name}={text} has to be one of {right}")
    return int(text)
