"""An engine without a screen says what it is, once per change, and nothing that is nobody's business."""

import asyncio
import io
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from kiosk.cli.exits import say_if_heard
from kiosk.cli.voice import Voice, line
from kiosk.domain.events import Act
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.payment import Account, Approval
from kiosk.domain.states import (
    Abandoned,
    Charging,
    Offered,
    Pace,
    Phase,
    Session,
    Settled,
    Settling,
    Step,
    Stopping,
    Stuck,
    Why,
    Withdrawing,
)
from kiosk.domain.tariff import Due, Usage
from kiosk.domain.view import StationView
from kiosk.flow.site import Site
from kiosk.flow.tasks import TaskScope
from kiosk.world.virtual_loop import run_virtual
from tests.cli.running import ROOT, serving, write_config
from tests.cli.test_bad_input import answering, free_port, port_of
from tests.domain.given import NO_METER, OFFER, REFERENCE, at, nok, reading
from tests.flow.town import AWAY, Kiosk, Town, info, until

NOON = "2026-11-21T12:00:00Z"
FREE = StationView(info(), at(0))
DISK = Trouble(Fault.DISK_FULL, "/var has 20 MiB left; new sessions need 200 MiB.")
FROZEN = Trouble(Fault.METER_FROZEN, "Meter m-1 stands still\nwhile 7 kW flow.")
REFUSED = Trouble(Fault.CAPTURE_REFUSED, "Vipps refused the capture.")
CHARGING = Charging(OFFER, reading(0, 1_000), reading(9, 2_000), Usage(1_000), Phase.CHARGING, at(0), at(0))
DUE = Due(nok(4_900), nok(4_900), nok(0), ())
SETTLING = Settling(OFFER, DUE, Usage(1_000), Why.STOPPED, None, None, Step.CAPTURE, Pace(0, at(0), 1))
SETTLED = Settled(SETTLING, Account(nok(30_000), nok(4_900), nok(25_100), nok(0)), "", at(9))
WITHDRAWING = Withdrawing(OFFER, Why.NOT_CREATED, Pace(0, at(0), 1), trouble=AWAY)
STOPPING = Stopping(OFFER, reading(0, 1_000), reading(9, 2_000), Usage(1_000), Why.FAULT, at(9), at(9), fault=FROZEN)
OFFERED = Offered(OFFER, "https://api.vipps.example/dwo?token=a-secret-token", at(0))


def on_glass(session: Session) -> StationView:
    return replace(FREE, session=session)


def unseen(*sessions: Session) -> StationView:
    return replace(FREE, unseen=sessions)


# fmt: off
SAID: list[tuple[StationView | None, StationView, str | None]] = [
    (None, FREE, "free"),
    (None, replace(FREE, info=replace(FREE.info, on_trial=("orno-we-514",))), "free; on trial: orno-we-514"),
    (FREE, FREE, None),
    (FREE, replace(FREE, now=at(600), next_try=at(700), stop_locked_s=9, code_png=b"png"), None),
    (FREE, on_glass(OFFERED), f"offered {REFERENCE}"),
    (on_glass(OFFERED), on_glass(CHARGING), f"charging {REFERENCE}"),
    (on_glass(CHARGING), on_glass(replace(CHARGING, last=reading(11, 3_000), usage=Usage(2_000))), None),
    (on_glass(CHARGING), on_glass(STOPPING),
     f"stopping {REFERENCE}: Meter m-1 stands still while 7 kW flow. (meter-frozen)"),
    (on_glass(CHARGING), on_glass(SETTLING), f"settling {REFERENCE}, 49.00 NOK due"),
    (on_glass(SETTLING), on_glass(replace(SETTLING, step=Step.RELEASE, captured_at=at(5))), None),
    (on_glass(SETTLING), on_glass(SETTLED), f"settled {REFERENCE}, 49.00 NOK captured, 251.00 NOK released"),
    (on_glass(SETTLED), FREE, "free"),
    (on_glass(SETTLING), on_glass(Stuck(SETTLING, REFUSED, at(9))),
     f"stuck {REFERENCE}: Vipps refused the capture. (capture-refused)"),
    (on_glass(OFFERED), on_glass(WITHDRAWING), f"withdrawing {REFERENCE}: No route to api.vipps.example. (network-away)"),
    (on_glass(OFFERED), on_glass(Abandoned(OFFER, Why.REJECTED, at(9))), f"abandoned {REFERENCE}"),
    (on_glass(SETTLING), unseen(SETTLING), f"free; settling {REFERENCE}, 49.00 NOK due"),
    (unseen(SETTLING), unseen(Stuck(SETTLING, REFUSED, at(9))),
     f"free; stuck {REFERENCE}: Vipps refused the capture. (capture-refused)"),
    (unseen(SETTLED), FREE, None),
    (FREE, replace(FREE, trouble=NO_METER),
     "free; sells nothing: Meter m-1 did not answer in 1.5 s. (meter-silent)"),
    (replace(FREE, trouble=DISK), replace(FREE, trouble=replace(DISK, detail="/var has 19 MiB left.")), None),
    (replace(FREE, trouble=NO_METER), FREE, "free"),
    (on_glass(CHARGING), replace(on_glass(CHARGING), offline_since=at(-60)),
     f"charging {REFERENCE}; offline since 2026-11-21T11:59:00Z"),
    (replace(FREE, offline_since=at(-60)), FREE, "free"),
]
# fmt: on


@pytest.mark.parametrize(("before", "now", "said"), SAID)
def test_each_change_that_matters_is_one_line(before: StationView | None, now: StationView, said: str | None) -> None:
    text = line(before, now)
    assert text == (said and f"{NOON} post-1 {said}")
    whole = line(None, now) or ""
    assert "4711" not in whole
    assert "token" not in whole
    assert "\n" not in whole


Visit = Callable[[Town, Site], Awaitable[None]]


def heard(*lives: Visit) -> list[str]:
    """What the voice says over these lives of one site, without time and station."""
    lines: list[str] = []

    def say(text: str) -> bool:
        lines.append(text.split(" ", 2)[2])
        return True

    async def work() -> None:
        town = Town()
        for visit in lives:
            kiosk = Kiosk(town)
            async with TaskScope() as scope:
                site = kiosk.site(scope)
                Voice(site, say)
                scope.spawn(site.run(scope), "site")
                await asyncio.sleep(1)
                await visit(town, site)
                kiosk.power.off = True
            town.boot += 1

    run_virtual(work())
    return lines


def test_a_session_that_is_stuck_after_a_fall_is_said_although_no_glass_shows_it() -> None:
    async def first(town: Town, site: Site) -> None:
        site.start("post-1", nok(30_000), "nb")
        await until(lambda: isinstance(site.views()[0].session, Offered))
        offered = site.views()[0].session
        assert isinstance(offered, Offered)
        town.outlet().drawing = True
        town.ledger.decide(offered.offer.reference, Approval.AUTHORIZED)
        await until(lambda: isinstance(site.views()[0].session, Charging))
        town.weather = lambda call: "lost" if call in ("Capture", "Look") else "clear"
        site.press("post-1", Act.STOP, "glass")
        await until(lambda: isinstance(site.views()[0].session, Settling))
        await asyncio.sleep(90)

    async def second(town: Town, site: Site) -> None:
        town.ledger.books.clear()  # this payment is in no account any more
        town.weather = lambda _call: "clear"
        await until(lambda: site.views()[0].session is None and not site.views()[0].unseen, within_s=8_000)

    lines = heard(first, second)
    assert lines[0] == "free"
    states = [re.split(r"[ ,;:]", text)[0] for text in lines]
    assert states[:6] == ["free", "asked", "offered", "ready", "waiting", "charging"]
    assert any(text.startswith("settling") and "offline since" in text for text in lines)
    (stuck,) = [text for text in lines if "stuck" in text]
    assert re.fullmatch(r"free; stuck \S+: Vipps does not know \S+ \(payment-unknown\)", stuck)


def test_what_nobody_takes_now_is_said_with_the_next_change() -> None:
    lines: list[str] = []
    taken = [False, True]

    def say(text: str) -> bool:
        lines.append(text)
        return taken.pop(0)

    async def work() -> None:
        town = Town()
        async with TaskScope() as scope:
            site = Kiosk(town).site(scope)
            Voice(site, say)
            site.changed("post-1")
            site.changed("post-1")

    run_virtual(work())
    assert [text.split(" ", 2)[2] for text in lines] == ["free", "free"]


def test_a_reader_who_has_stopped_reading_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as reader, os.fdopen(write, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        told = 0
        while say_if_heard("x" * 200):
            told += 1
            assert told < 10_000
        assert told > 10
        reader.read(4096 * 2)
        assert say_if_heard("again")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert say_if_heard("no file at all")


def said_by(config: Path, right: Callable[[str], bool]) -> str:
    """The first line of an engine that is `right`."""
    command = [sys.executable, "-m", "kiosk", "station", "--headless", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT) as station:
        assert station.stdout is not None
        try:
            assert "are served" in station.stdout.readline()
            return next(text for text in station.stdout if right(text)).rstrip()
        finally:
            station.terminate()


TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def test_an_engine_says_that_its_meter_is_on_another_unit_id(tmp_path: Path) -> None:
    post = ("sim", "post", "--meter-port", 0, "--charger-port", 0)
    with serving("sim", "vipps", "--port", 0) as (vipps,), serving(*post, lines=2) as (meter, charger):
        ports = {"vipps": port_of(vipps), "meter": port_of(meter), "charger": port_of(charger)}
        text = said_by(write_config(tmp_path, "?unit=1", "?unit=9", **ports), lambda text: "meter" in text)
    assert re.fullmatch(rf"{TIME} NO-SND-003 free; sells nothing: .*unit 9.* \(meter-silent\)", text), text


def test_an_engine_says_that_its_keys_are_wrong(tmp_path: Path) -> None:
    def deny(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(401)
        handler.end_headers()
        handler.wfile.write(b'{"error": "unauthorized_client", "error_description": "AADSTS700016"}')

    with answering(deny) as port:
        config = write_config(tmp_path, vipps=port, meter=free_port(), charger=free_port())
        text = said_by(config, lambda text: "vipps" in text)
    assert re.fullmatch(rf"{TIME} NO-SND-003 free; sells nothing: Vipps does not accept the keys.*\(vipps-keys\)", text)


def test_an_engine_says_since_when_it_is_offline(tmp_path: Path) -> None:
    config = write_config(tmp_path, vipps=free_port(), meter=free_port(), charger=free_port())
    text = said_by(config, lambda text: "offline" in text)
    assert re.fullmatch(rf"{TIME} NO-SND-003 free;.* offline since {TIME}", text), text
