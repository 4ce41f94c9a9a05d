"""Which Vipps, for which sales unit, with which keys. Mixed environments are refused before anything is sent."""

import re
from dataclasses import InitVar, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from kiosk.domain.fault import Fault, FaultError, Trouble

Environment = Literal["simulator", "test", "production"]

OFFICIAL: dict[Environment, str] = {"production": "https://api.vipps.no", "test": "https://apitest.vipps.no"}
PRODUCTION_HOST = "api.vipps.no"
SIMULATOR_CLIENT_ID = "00000000-0000-4000-8000-000000000001"
SIMULATOR_CLIENT_SECRET = "simulator-secret"  # noqa: S105  the toy's fixed word, no secret
SIMULATOR_SUBSCRIPTION_KEY = "simulator-subscription-key"
SIMULATOR_MSN = "123456"
MSN = re.compile(r"[0-9]{4,7}")
SYSTEM_NAME = "ladekiosk"
LONGEST_SYSTEM_HEADER = 30


@dataclass(frozen=True)
class Keys:
    """The keys of one sales unit in one environment. Their repr is stars."""

    client_id: SecretStr
    client_secret: SecretStr
    subscription_key: SecretStr

    def revealed(self) -> tuple[str, str, str]:
        """Client id, client secret, subscription key: only for the wire, never for a variable that outlives the line."""
        reveal = SecretStr.get_secret_value
        return reveal(self.client_id), reveal(self.client_secret), reveal(self.subscription_key)


@dataclass(frozen=True)
class Timing:
    """Real seconds, never business time. `attempt_s` is one exchange with all its bytes, `total_s` a whole operation.

    `read_pauses_s` are the waits between the attempts of a read; a changing call has one attempt.
    """

    connect_s: float = 5.0
    attempt_s: float = 12.0
    total_s: float = 20.0
    read_pauses_s: tuple[float, ...] = (0.4, 1.2)


@dataclass(frozen=True)
class VippsSettings:
    """Raises FaultError(CONFIG_WRONG) with one sentence if host, keys and environment do not belong together."""

    environment: Environment
    merchant_serial_number: str
    client_id: InitVar[str]
    client_secret: InitVar[str]
    subscription_key: InitVar[str]
    base_url: str = ""
    timing: Timing = Timing()
    keys: Keys = field(init=False)

    def __post_init__(self, client_id: str, client_secret: str, subscription_key: str) -> None:
        keys = Keys(SecretStr(client_id), SecretStr(client_secret), SecretStr(subscription_key))
        object.__setattr__(self, "keys", keys)
        object.__setattr__(self, "base_url", (self.base_url or OFFICIAL.get(self.environment, "")).rstrip("/"))
        if wrong := _wrong_host(self.environment, self.base_url) or _wrong_keys(self):
            raise FaultError(Trouble(Fault.CONFIG_WRONG, wrong))

    @classmethod
    def simulator(cls, base_url: str, timing: Timing = Timing()) -> "VippsSettings":
        """For a toy on this machine (`kiosk sim vipps`), whose keys everybody knows."""
        return cls(
            environment="simulator",
            merchant_serial_number=SIMULATOR_MSN,
            client_id=SIMULATOR_CLIENT_ID,
            client_secret=SIMULATOR_CLIENT_SECRET,
            subscription_key=SIMULATOR_SUBSCRIPTION_KEY,
            base_url=base_url,
            timing=timing,
        )

    @property
    def host(self) -> str:
        return hostname(self.base_url)

    @property
    def has_order_management(self) -> bool:
        """Vipps has no Order Management in its test environment."""
        return self.environment != "test"

    @property
    def system_headers(self) -> dict[str, str]:
        """`Vipps-System-*`, never empty and at most 30 characters, or none."""
        try:
            found = version(SYSTEM_NAME)
        except PackageNotFoundError:
            found = ""
        headers = {"Vipps-System-Name": SYSTEM_NAME, "Vipps-System-Version": found}
        return {name: value[:LONGEST_SYSTEM_HEADER] for name, value in headers.items() if value}


def hostname(url: str) -> str:
    """The host of a URL as a machine would look it up: lower case, without a closing dot. Empty for no URL at all."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").rstrip(".") if parts.port != 0 else ""  # .port raises for one that cannot be
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wrong_host(environment: Environment, base_url: str) -> str:
    official = OFFICIAL.get(environment)
    if official is not None:
        if base_url == official:
            return ""
        return f"[vipps] base_url is {base_url}, but environment {environment} is {official}. Leave base_url out."
    host, scheme = hostname(base_url), base_url.partition("://")[0]
    if not host or scheme not in ("http", "https") or "@" in base_url:
        return f"[vipps] base_url {base_url!r} is no address of a simulator; write one such as http://127.0.0.1:8080."
    if host == "vipps.no" or host.endswith(".vipps.no"):
        return f"[vipps] base_url is {base_url}, but environment simulator must never reach Vipps. Name test or production."
    if scheme == "http" and not is_loopback(host):
        return f"[vipps] base_url {base_url} is plain http beyond this machine. Use 127.0.0.1 or https."
    return ""


def _wrong_keys(settings: VippsSettings) -> str:
    if not MSN.fullmatch(settings.merchant_serial_number):
        return f"[vipps] merchant_serial_number {settings.merchant_serial_number!r} has to be four to seven digits."
    known = (SIMULATOR_CLIENT_ID, SIMULATOR_CLIENT_SECRET, SIMULATOR_SUBSCRIPTION_KEY)
    given = settings.keys.revealed()
    if settings.environment == "simulator":
        unlike = given != known or settings.merchant_serial_number != SIMULATOR_MSN
        return "The simulator takes only its own fixed keys; never give it real ones." if unlike else ""
    if set(given) & set(known):
        return f"The simulator's keys were given for the {settings.environment} environment. Store the real ones."
    if not all(key.isascii() and key.isprintable() and key.strip() == key and key for key in given):
        return f"A Vipps key for {settings.environment} is empty or has spaces or odd characters. Store it again."
    return ""
