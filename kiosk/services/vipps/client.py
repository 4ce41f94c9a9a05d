"""Carries one call to Vipps and its answer back: two deadlines, no redirects, and no second try of a changing call."""

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import httpx

from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.outcome import Done, InDoubt, Outcome
from kiosk.services.vipps.auth import VippsAuth
from kiosk.services.vipps.budget import Budget, Counted
from kiosk.services.vipps.errors import (
    ServerFailed,
    Unreachable,
    Unreadable,
    VippsError,
    error_of,
    retry_after_s,
)
from kiosk.services.vipps.outcomes import Act, outcome_of
from kiosk.services.vipps.problem import read_problem
from kiosk.services.vipps.redact import Veil
from kiosk.services.vipps.settings import VippsSettings, hostname
from kiosk.services.vipps.skew import Skew
from kiosk.services.vipps.wire import Answer

log = logging.getLogger(__name__)

CONNECTIONS = 4  # httpx slows down badly beyond some dozens, and a station needs no more
LARGEST_BODY = 4 * 1024 * 1024
KEYS_REMEMBERED = 1000

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One call as it will stand on the wire. `counted` is the rate limit that it falls under."""

    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)
    key: str | None = None
    counted: Counted | None = None
    headers: tuple[tuple[str, str], ...] = (("Accept", "application/json"),)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Client:
    """One sales unit's line to Vipps. `now_s` is business time (UTC seconds); every deadline here is real time."""

    def __init__(
        self, settings: VippsSettings, now_s: Callable[[], float], transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.settings = settings
        self.skew = Skew()
        self._now_s = now_s
        self._veil = Veil(settings.keys.revealed())
        self._auth = VippsAuth(settings, now_s, self._veil)
        self._budget = Budget(now_s)
        self._own_headers = {**settings.system_headers, "Merchant-Serial-Number": settings.merchant_serial_number}
        self._sealed: OrderedDict[str, bytes] = OrderedDict()
        self._writing: set[asyncio.Task[object]] = set()
        timing = settings.timing
        self._http = httpx.AsyncClient(
            transport=transport,
            limits=httpx.Limits(max_connections=CONNECTIONS),
            timeout=httpx.Timeout(None, connect=timing.connect_s),  # httpx's others are per read; ours is `attempt_s`
            follow_redirects=False,
            trust_env=settings.environment != "simulator",
            headers={"User-Agent": "ladekiosk"},
        )

    async def read(self, act: Act, work: Callable[[], Awaitable[T]]) -> Outcome[T]:
        """An operation that changes nothing, within its total deadline. A cancelled caller ends it."""
        try:
            async with asyncio.timeout(self.settings.timing.total_s):
                return Done(await work())
        except TimeoutError:
            text = f"The {act} is in doubt: no answer within {self.settings.timing.total_s:g} s."
            return InDoubt(Trouble(Fault.NETWORK_AWAY, text))
        except VippsError as error:
            return outcome_of(error, act, self._veil.cover)

    async def write(self, act: Act, work: Callable[[], Awaitable[T]]) -> Outcome[T]:
        """An operation that may change something: it goes on to its end, even if the caller is cancelled."""
        task = asyncio.create_task(self.read(act, work))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(partial(_left_behind, act))
            raise

    async def ask(self, call: Call) -> Answer:
        """Send a call that changes nothing, again if the line or the server failed. Raises VippsError."""
        for pause_s in self.settings.timing.read_pauses_s:
            try:
                return await self._exchange(call)
            except (Unreachable, ServerFailed) as error:
                if error.retry_after_s is not None:
                    raise
            await asyncio.sleep(pause_s)
        return await self._exchange(call)

    async def tell(self, call: Call) -> Answer:
        """Send a changing call, once. Raises VippsError; whether to send it again is decided by the flow."""
        self._seal(call)
        return await self._exchange(call)

    async def fetch(self, url: str) -> Answer:
        """The picture behind an address that Vipps gave us, without our keys: it needs none and may be anybody's."""
        if not _fetchable(url, self.settings):
            raise Unreadable(f"Vipps gave the address {self._veil.cover(url)}, which is not https.")
        return await self.ask(Call("GET", url, headers=(("Accept", "image/*"),)))

    async def renew_token(self) -> float:
        """Fetch a token now, to prove the keys. Answers when it ends (business time, UTC seconds)."""
        request = self._auth.token_request()
        answer = await self._carried("POST token", request, signed=False)
        return self._auth.take(answer).ends_at_s

    async def aclose(self) -> None:
        """Let changing calls that are on their way come back, then close the line."""
        if self._writing:
            await asyncio.wait(self._writing, timeout=self.settings.timing.total_s)
        await self._http.aclose()

    async def _exchange(self, call: Call) -> Answer:
        if call.counted:
            self._budget.take(call.counted)
        signed = call.path.startswith("/")
        request = self._request(call) if signed else self._http.build_request("GET", call.path, headers=call.headers)
        answer = await self._carried(self._veil.cover(str(call)), request, signed=signed)
        if answer.success:
            return answer
        problem = read_problem(answer.status, answer.body, self._veil.cover)
        wait_s = retry_after_s(answer.headers, self._now_s())
        if call.counted and wait_s is not None:
            self._budget.close(call.counted, wait_s)
        log.info("%s: %s | %s", self._veil.cover(str(call)), problem, problem.body)
        raise error_of(problem, wait_s)

    def _request(self, call: Call) -> httpx.Request:
        """Built anew for each attempt."""
        headers = {**dict(call.headers), **self._own_headers}
        if call.key is not None:
            headers["Idempotency-Key"] = call.key
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        return self._http.build_request(
            call.method, self.settings.base_url + call.path, content=call.body, headers=headers
        )

    async def _carried(self, what: str, request: httpx.Request, *, signed: bool) -> Answer:
        """One attempt: the answer with all its bytes within `attempt_s`, or Unreachable."""
        attempt_s, began_s = self.settings.timing.attempt_s, time.monotonic()
        try:
            async with asyncio.timeout(attempt_s):
                response = await self._http.send(request, auth=self._auth if signed else None, stream=True)
                try:
                    answer = Answer(response.status_code, await _bytes_of(response), response.headers)
                finally:
                    await response.aclose()
            if (
                self.settings.environment != "simulator"
                and request.url.host == self.settings.host
                and not answer.is_page
            ):
                self.skew.heard(answer.headers, self._now_s())  # a simulator's business clock runs fast on purpose
            log.info("%s %d in %.0f ms", what, answer.status, (time.monotonic() - began_s) * 1000)
            return answer
        except TimeoutError:
            failure = f"{what} had no complete answer within {attempt_s:g} s."
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:  # OSError: an in-process line
            failure = (
                f"{what} did not come through: {type(error).__name__} {self._veil.cover(str(error))}".rstrip(" .") + "."
            )
            if "CERTIFICATE" in failure:
                failure += " Check this machine's clock and who stands between it and Vipps."
        log.info("%s", failure)
        # Raised here and not above: an httpx error carries its request, and the request carries the keys.
        raise Unreachable(failure)

    def _seal(self, call: Call) -> None:
        """The same key never carries two bodies; if it would, that is our bug and must not reach Vipps."""
        if call.key is None:
            return
        digest = hashlib.sha256(call.path.encode() + b"\n" + (call.body or b"")).digest()
        if self._sealed.setdefault(call.key, digest) != digest:
            raise ValueError(f"Key …{call.key[-4:]} was used for another request before; {call} was not sent.")
        if len(self._sealed) > KEYS_REMEMBERED:
            self._sealed.popitem(last=False)


def _fetchable(url: str, settings: VippsSettings) -> bool:
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    own = settings.environment == "simulator" and parts.scheme == "http" and hostname(url) == settings.host
    return bool(parts.host) and (parts.scheme == "https" or own)


async def _bytes_of(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Unreadable(f"An answer of more than {LARGEST_BODY} bytes was not read to its end.")
    return bytes(body)


def _left_behind(act: Act, task: asyncio.Task[object]) -> None:
    """Nobody waits for this answer any more; it must still be known that there was one."""
    if task.cancelled():
        log.warning("The %s was given up on the way: in doubt.", act)
    elif error := task.exception():
        log.error("The %s ended in a bug: %s", act, type(error).__name__)
    else:
        outcome = task.result()
        trouble = "" if isinstance(outcome, Done) else f" {getattr(outcome, 'trouble', '')}"
        log.warning("The %s was answered after its asker had left: %s%s", act, type(outcome).__name__, trouble)
