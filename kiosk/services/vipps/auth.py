"""The access token: fetched once for everybody who waits, renewed before it ends, dropped when Vipps says 401."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import httpx

from kiosk.services.vipps.errors import KeysRejected, Rejected, Unreadable, error_of, retry_after_s
from kiosk.services.vipps.problem import read_problem
from kiosk.services.vipps.redact import Veil
from kiosk.services.vipps.settings import VippsSettings
from kiosk.services.vipps.wire import Answer, TokenWire, parse

TOKEN_PATH = "/accesstoken/get"  # noqa: S105  a path
LONGEST_MARGIN_S = 180.0
MARGIN_SHARE = 0.49  # less than half of the life, however short that is
SENDABLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class Token:
    """`renew_at_s` and `ends_at_s` are business time in UTC seconds."""

    bearer: str = field(repr=False)
    renew_at_s: float
    ends_at_s: float


class VippsAuth(httpx.Auth):
    """Signs every request with the bearer and the subscription key; only the token call sees the client secret."""

    def __init__(self, settings: VippsSettings, now_s: Callable[[], float], veil: Veil) -> None:
        self._settings, self._now_s, self._veil = settings, now_s, veil
        self._lock = asyncio.Lock()
        self._token: Token | None = None

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        refused: Token | None = None
        for _ in range(2):
            async with self._lock:  # everybody else waits here, and finds the token that was fetched meanwhile
                if self._token is refused:
                    self._token = None
                token = self._token
                if token is None or self._now_s() >= token.renew_at_s:
                    answer = yield self.token_request()
                    token = self.take(Answer(answer.status_code, await answer.aread(), answer.headers))
            self._sign(request, token)
            response = yield request
            if response.status_code != httpx.codes.UNAUTHORIZED:
                return
            refused = token

    def token_request(self) -> httpx.Request:
        client_id, client_secret, subscription_key = self._settings.keys.revealed()
        headers = {
            "client_id": client_id,
            "client_secret": client_secret,
            "Ocp-Apim-Subscription-Key": subscription_key,
            "Merchant-Serial-Number": self._settings.merchant_serial_number,
            "Accept": "application/json",
            "Content-Length": "0",
            **self._settings.system_headers,
        }
        return httpx.Request("POST", self._settings.base_url + TOKEN_PATH, headers=headers)

    def take(self, answer: Answer) -> Token:
        """Keep the token of an answer. Raises KeysRejected, Busy, or what else the answer was instead of a token."""
        if answer.status != httpx.codes.OK:
            problem = read_problem(answer.status, answer.body, self._veil.cover)
            error = error_of(problem, retry_after_s(answer.headers, self._now_s()))
            if isinstance(error, Rejected):
                raise KeysRejected(f"The token call was refused: {problem}", problem)
            raise error
        wire = parse(TokenWire, answer, "the token call")
        if not SENDABLE.fullmatch(wire.access_token):
            raise Unreadable("The token call answered with a token that cannot stand in a header.")
        self._veil.learn(wire.access_token)
        now_s = self._now_s()
        life_s = _life_s(wire, now_s)
        margin_s = min(LONGEST_MARGIN_S, life_s * MARGIN_SHARE)
        self._token = Token(wire.access_token, now_s + life_s - margin_s, now_s + life_s)
        return self._token

    def _sign(self, request: httpx.Request, token: Token) -> None:
        request.headers["Authorization"] = f"Bearer {token.bearer}"
        request.headers["Ocp-Apim-Subscription-Key"] = self._settings.keys.revealed()[2]


def _life_s(wire: TokenWire, now_s: float) -> float:
    """By `expires_on`, unless this machine's clock is so wrong that it contradicts `expires_in`."""
    by_clock_s = wire.expires_on - now_s if wire.expires_on is not None else None
    if wire.expires_in is None:
        return max(0.0, by_clock_s or 0.0)
    if by_clock_s is None or not wire.expires_in / 2 <= by_clock_s <= wire.expires_in + 60:
        return float(max(0, wire.expires_in))
    return by_clock_s
