"""The printed code of a station: a merchant redirect at the QR API, whose target can change while its picture stays."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from kiosk.domain.fault import Fault
from kiosk.domain.outcome import Outcome
from kiosk.services.vipps.client import Call, Client
from kiosk.services.vipps.creation import PNG_MAGIC
from kiosk.services.vipps.errors import Mismatched, NotSent, Rejected, Unreadable
from kiosk.services.vipps.outcomes import Act
from kiosk.services.vipps.wire import REDIRECTS, RedirectWire, encoded, parse, segment

ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
TARGET = re.compile(r"https://[\w.]+([\w#!:.?+=&%@\-/]+)?", re.ASCII)
SIZE_PX = 2000
EXISTS = "exists-differently"


class Format(StrEnum):
    """What the QR API is asked for by `Accept`; it answers 415 to anything else."""

    PNG = "image/png"
    SVG = "image/svg+xml"
    TARGET = "text/targetUrl"


@dataclass(frozen=True)
class Redirect:
    """A code as the QR API knows it. `target` is None where an older answer does not name it."""

    id: str
    target: str | None


@dataclass(frozen=True)
class Code(Redirect):
    """A code with its picture, fetched at once because its address may die. TARGET has no picture but `content`."""

    content: str
    image: bytes | None = field(repr=False)


class RedirectCodes:
    """Create, look at, list, repoint and delete; all of them safe to repeat."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def create(self, code_id: str, target: str, form: Format = Format.PNG) -> Outcome[Code]:
        """A code that is there with the same target is as good; with another one it is Refused `exists-differently`."""

        async def work() -> Code:
            _check(code_id, target)
            body = encoded({"id": code_id, "redirectUrl": target})
            try:
                answer = await self._client.tell(Call("POST", REDIRECTS, body, headers=_accept(form)))
            except Rejected as error:
                if error.problem is None or error.problem.status != 409:
                    raise
                return await self._there(code_id, target, form)
            return await self._code(parse(RedirectWire, answer, REDIRECTS), code_id, target, form)

        return await self._client.write(Act("registration", code_id), work)

    async def get(self, code_id: str, form: Format = Format.PNG) -> Outcome[Code]:
        """The same code again, in any format."""

        async def work() -> Code:
            _check(code_id)
            return await self._read(code_id, form)

        return await self._client.read(Act("reading", code_id), work)

    async def list(self) -> Outcome[tuple[Redirect, ...]]:
        """Every code of this sales unit, without pictures."""

        async def work() -> tuple[Redirect, ...]:
            answer = await self._client.ask(Call("GET", REDIRECTS, headers=_accept(Format.PNG)))
            return tuple(
                Redirect(wire.id, wire.redirect_url) for wire in parse(tuple[RedirectWire, ...], answer, REDIRECTS)
            )

        return await self._client.read(Act("list", "codes"), work)

    async def repoint(self, code_id: str, target: str, form: Format = Format.PNG) -> Outcome[Code]:
        """Send everybody who scans the mounted code somewhere else, at once. The picture stays."""

        async def work() -> Code:
            _check(code_id, target)
            call = Call("PUT", _path(code_id), encoded({"redirectUrl": target}), headers=_accept(form))
            answer = await self._client.tell(call)
            return await self._code(parse(RedirectWire, answer, str(call)), code_id, target, form)

        return await self._client.write(Act("new target", code_id), work)

    async def delete(self, code_id: str, *, mounted_code_never_works_again: Literal[True]) -> Outcome[None]:
        """For good: the id can be registered again, but the printed code stays dead. `repoint` is what one wants."""

        async def work() -> None:
            _check(code_id)
            if mounted_code_never_works_again is not True:
                raise NotSent(
                    "a mounted code would never work again; point it elsewhere instead, or say that you know."
                )
            await self._client.tell(Call("DELETE", _path(code_id)))

        return await self._client.write(Act("deletion", code_id), work)

    async def _there(self, code_id: str, target: str, form: Format) -> Code:
        code = await self._read(code_id, form)
        if code.target != target:
            text = f"{code_id} exists and leads to {code.target or 'an unknown target'}; repoint it if that is meant"
            raise Rejected(text, code=EXISTS)
        return code

    async def _read(self, code_id: str, form: Format) -> Code:
        call = Call("GET", _path(code_id), headers=_accept(form))
        answer = await self._client.ask(call)
        return await self._code(parse(RedirectWire, answer, str(call)), code_id, None, form)

    async def _code(self, wire: RedirectWire, code_id: str, target: str | None, form: Format) -> Code:
        if wire.id != code_id or (target and wire.redirect_url not in (None, target)):
            raise Mismatched(
                f"The QR API answered with {wire.id} leading to {wire.redirect_url}.", fault=Fault.VIPPS_REFUSED
            )
        target = wire.redirect_url or target
        if form is Format.TARGET:
            return Code(wire.id, target, wire.url, None)
        image = (await self._client.fetch(wire.url)).body
        if not (image.startswith(PNG_MAGIC) if form is Format.PNG else b"<svg" in image[:1000]):
            raise Unreadable(f"The picture of {code_id} is no {form}.")
        return Code(wire.id, target, wire.url, image)


def _path(code_id: str) -> str:
    return f"{REDIRECTS}/{segment(code_id)}"


def _accept(form: Format) -> tuple[tuple[str, str], ...]:
    accept = ("Accept", str(form))
    return (accept, ("Size", str(SIZE_PX))) if form is Format.PNG else (accept,)


def _check(code_id: str, target: str | None = None) -> None:
    if not ID.fullmatch(code_id):
        raise NotSent(f"the id {code_id!r} has to be 1 to 128 of A-Z, a-z, 0-9, - and _ (so no EVSE id with *).")
    if target is not None and not TARGET.fullmatch(target):
        raise NotSent(
            f"the target {target!r} has to be https:// with letters, digits and #!:.?+=&%@-/ (no ~ , ; or spaces)."
        )
