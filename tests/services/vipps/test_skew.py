"""The clock: Vipps' answers say what time it is, and a machine that is far off does not sell."""

from email.utils import formatdate

import pytest

from kiosk.domain.fault import Fault
from kiosk.services.vipps.skew import WRONG_S
from tests.services.vipps.script import REFERENCE, Reply, Script, paid, picture, problem, real_settings, says

PAYMENT = f"/payments/{REFERENCE}"
NOW_S = 1_795_000_000


def dated(reply: Reply, date: str) -> Reply:
    async def answer(request: object) -> object:
        response = await reply(request)  # type: ignore[arg-type]
        response.headers["Date"] = date
        return response

    return answer  # type: ignore[return-value]


def said(offset_s: int, reply: Reply | None = None) -> Reply:
    """An answer of a Vipps whose clock is that far behind ours."""
    return dated(reply or says(200, paid()), formatdate(NOW_S - offset_s, usegmt=True))


@pytest.fixture
def script() -> Script:
    return Script().on("GET", "/events", says(200, []))


@pytest.mark.parametrize("offset_s", [0, 1, -1, WRONG_S, -WRONG_S])
async def test_a_clock_that_is_nearly_right_is_right(script: Script, offset_s: int) -> None:
    script.on("GET", PAYMENT, said(offset_s))
    async with script.open(real_settings()) as vipps:
        await vipps.payments.look(REFERENCE)
        assert (vipps.client.skew.offset_s, vipps.clock_trouble()) == (offset_s, None)


@pytest.mark.parametrize("offset_s", [WRONG_S + 1, -WRONG_S - 1, 20 * 365 * 86_400, -9 * 365 * 86_400])
async def test_a_clock_that_is_far_off_is_said_with_both_times(script: Script, offset_s: int) -> None:
    script.on("GET", PAYMENT, said(offset_s))
    async with script.open(real_settings()) as vipps:
        await vipps.payments.look(REFERENCE)
        trouble = vipps.clock_trouble()
    assert trouble is not None
    assert trouble.fault is Fault.CLOCK_WRONG
    assert trouble.detail.startswith("This machine's clock says 2026-11-18 11:06:40 UTC, Vipps says ")
    assert trouble.detail.endswith(" UTC. Set it (timedatectl set-ntp true).")


async def test_it_is_over_once_the_clock_is_right(script: Script) -> None:
    script.on("GET", PAYMENT, said(3600))
    async with script.open(real_settings()) as vipps:
        await vipps.payments.look(REFERENCE)
        assert vipps.clock_trouble() is not None
        script.now_s -= 3600
        await vipps.payments.look(REFERENCE)
        assert vipps.clock_trouble() is None


@pytest.mark.parametrize("date", ["", "yesterday", "Wed, 25 Nov 99999999999999999999 10:00:00 GMT", "1795000000"])
async def test_a_date_that_is_missing_or_nonsense_changes_nothing(script: Script, date: str) -> None:
    script.on("GET", PAYMENT, said(3600), dated(says(200, paid()), date) if date else says(200, paid()))
    async with script.open(real_settings()) as vipps:
        await vipps.payments.look(REFERENCE)
        before = vipps.clock_trouble()
        await vipps.payments.look(REFERENCE)
        assert (vipps.client.skew.offset_s, vipps.clock_trouble()) == (3600, before)
    assert before is not None


async def test_a_refusal_tells_the_time_too(script: Script) -> None:
    script.on("GET", PAYMENT, said(3600, problem(404, "5090")))
    async with script.open(real_settings()) as vipps:
        await vipps.payments.look(REFERENCE)
        assert vipps.client.skew.offset_s == 3600


async def test_the_time_of_somebody_between_is_not_vipps_time(script: Script) -> None:
    """A log-in page of a hotspot, and whoever keeps the pictures."""
    script.on("GET", PAYMENT, said(3600, says(200, text="<h1>Hotel</h1>")))
    code = {"id": "elg", "url": "https://pictures.example/elg.png", "redirectUrl": "https://lade.example/s/1"}
    script.on("GET", "/merchant-redirect/elg", said(0, says(200, code))).on("GET", "/elg.png", said(3600, picture()))
    async with script.open(real_settings()) as vipps:
        await vipps.payments.look(REFERENCE)
        assert vipps.client.skew.offset_s is None
        await vipps.qr.get("elg")
        assert len(script.sent("GET", "/elg.png")) == 1
        assert vipps.client.skew.offset_s == 0


async def test_a_simulator_has_a_clock_of_its_own(script: Script) -> None:
    script.on("GET", PAYMENT, said(3600))
    async with script.open() as vipps:
        await vipps.payments.look(REFERENCE)
        assert (vipps.client.skew.offset_s, vipps.clock_trouble()) == (None, None)
