"""The printed code: registered, looked at, repointed, and hard to destroy."""

import json
from typing import Any

import pytest

from kiosk.domain.fault import Fault
from kiosk.domain.outcome import Done, InDoubt, Refused
from kiosk.services.vipps import Code, Format, Redirect
from tests.services.vipps.script import PNG, Reply, Script, breaks, picture, says

ID = "ladekiosk-station-1"
TARGET = "https://lade.example/s/station-1"
IMAGE = "https://qr.vipps.no/generate/qr.png?x=1"
STORED = {"id": ID, "url": IMAGE, "redirectUrl": TARGET, "expiresIn": -1}
ALL, ONE = "/merchant-redirect", f"/merchant-redirect/{ID}"


@pytest.fixture
def script() -> Script:
    return Script().on("GET", "/qr.png", picture()).on("POST", ALL, says(200, STORED)).on("GET", ONE, says(200, STORED))


async def test_a_station_is_registered_and_its_picture_comes_at_once(script: Script) -> None:
    async with script.open() as vipps:
        outcome = await vipps.qr.create(ID, TARGET)

    sent = script.sent("POST", ALL)[0]
    assert outcome == Done(Code(ID, TARGET, IMAGE, PNG))
    assert json.loads(sent.content) == {"id": ID, "redirectUrl": TARGET}
    assert (sent.headers["Accept"], sent.headers["Size"]) == ("image/png", "2000")
    assert "Idempotency-Key" not in sent.headers


@pytest.mark.parametrize(
    ("form", "accept"), [(Format.PNG, "image/png"), (Format.SVG, "image/svg+xml"), (Format.TARGET, "text/targetUrl")]
)
async def test_every_call_says_which_picture_it_takes(script: Script, form: Format, accept: str) -> None:
    script.on("GET", "/qr.png", picture(PNG if form is Format.PNG else b"<?xml?><svg/>")).on(
        "PUT", ONE, says(200, STORED)
    )
    async with script.open() as vipps:
        outcomes = [
            await vipps.qr.create(ID, TARGET, form),
            await vipps.qr.get(ID, form),
            await vipps.qr.repoint(ID, TARGET, form),
        ]

    asked = [*script.sent("POST", ALL), *script.sent("GET", ONE), *script.sent("PUT", ONE)]
    assert [one.headers["Accept"] for one in asked] == [accept] * 3
    assert [("Size" in one.headers) for one in asked] == [form is Format.PNG] * 3
    for outcome in outcomes:
        assert isinstance(outcome, Done)
        assert (outcome.value.image is None) == (form is Format.TARGET)


# fmt: off
WRONG = [
    ("NO*ABC*E1",      TARGET),
    ("",               TARGET),
    ("with space",     TARGET),
    ("a/b",            TARGET),
    ("é",              TARGET),
    ("x" * 129,        TARGET),
    (ID,               "http://lade.example/"),
    (ID,               "https://lade.example/~tilde"),
    (ID,               "https://lade.example/a,b;c"),
    (ID,               "https://lade.example/å"),
    (ID,               "https://"),
    (ID,               ""),
    (ID,               "https://lade.example/ x"),
    (ID,               "https://lade.example/\n"),
]
# fmt: on


@pytest.mark.parametrize(("code_id", "target"), WRONG)
async def test_what_the_qr_api_would_refuse_is_refused_here_in_a_sentence(
    script: Script, code_id: str, target: str
) -> None:
    async with script.open() as vipps:
        outcome = await vipps.qr.create(code_id, target)

    assert isinstance(outcome, Refused)
    assert outcome.code == "not-sent"
    assert "has to be" in outcome.trouble.detail
    assert script.requests == []


async def test_a_hyphen_a_query_and_an_anchor_are_legal_in_a_target(script: Script) -> None:
    target = "https://lade-kiosk.example/s/1?a=b&c=%20#x"
    script.on("POST", ALL, says(200, {**STORED, "redirectUrl": target}))
    async with script.open() as vipps:
        assert isinstance(await vipps.qr.create(ID, target), Done)


async def test_a_code_that_is_there_with_the_same_target_is_as_good(script: Script) -> None:
    script.on("POST", ALL, says(409, {"id": ID}))
    async with script.open() as vipps:
        assert await vipps.qr.create(ID, TARGET) == Done(Code(ID, TARGET, IMAGE, PNG))


async def test_a_code_that_is_there_with_another_target_is_not_touched(script: Script) -> None:
    script.on("POST", ALL, says(409, {"id": ID}))
    script.on("GET", ONE, says(200, {**STORED, "redirectUrl": "https://other.example/"}))
    async with script.open() as vipps:
        outcome = await vipps.qr.create(ID, TARGET)

    assert isinstance(outcome, Refused)
    assert outcome.code == "exists-differently"
    assert "https://other.example/" in outcome.trouble.detail
    assert script.sent("PUT", ONE) == []


async def test_a_mounted_code_is_sent_elsewhere_without_a_new_picture(script: Script) -> None:
    script.on("PUT", ONE, says(200, {**STORED, "redirectUrl": "https://new.example/"}))
    async with script.open() as vipps:
        outcome = await vipps.qr.repoint(ID, "https://new.example/")

    assert isinstance(outcome, Done)
    assert outcome.value.target == "https://new.example/"
    assert json.loads(script.sent("PUT", ONE)[0].content) == {"redirectUrl": "https://new.example/"}


async def test_the_list_names_every_code_and_an_older_answer_without_a_target(script: Script) -> None:
    script.on("GET", ALL, says(200, [STORED, {"id": "old", "url": IMAGE}]))
    async with script.open() as vipps:
        assert await vipps.qr.list() == Done((Redirect(ID, TARGET), Redirect("old", None)))


async def test_a_read_waits_as_long_as_it_is_asked_to(script: Script) -> None:
    script.on("GET", ONE, says(503, Retry_After="30"), says(200, STORED))
    async with script.open() as vipps:
        outcome = await vipps.qr.get(ID)

    assert isinstance(outcome, InDoubt)
    assert (outcome.trouble.fault, outcome.retry_after_s) == (Fault.VIPPS_AWAY, 30.0)
    assert len(script.sent("GET", ONE)) == 1


async def test_nobody_deletes_a_mounted_code_by_accident(script: Script) -> None:
    script.on("DELETE", ONE, says(200))
    unsure: Any = False
    async with script.open() as vipps:
        with pytest.raises(TypeError):
            await vipps.qr.delete(ID)  # type: ignore[call-arg]
        outcome = await vipps.qr.delete(ID, mounted_code_never_works_again=unsure)
        assert isinstance(outcome, Refused)
        assert script.requests == []
        assert await vipps.qr.delete(ID, mounted_code_never_works_again=True) == Done(None)

    assert len(script.sent("DELETE", ONE)) == 1


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (says(401), Fault.VIPPS_KEYS),
        (says(404, {"title": "Not found", "detail": "no such id", "instance": "00-1"}), Fault.VIPPS_REFUSED),
        (says(415, {"title": "Unsupported", "detail": "accept", "instance": "00-1"}), Fault.VIPPS_REFUSED),
    ],
)
async def test_a_no_of_the_qr_api_is_read_in_its_own_shape(script: Script, reply: Reply, fault: Fault) -> None:
    script.on("GET", ONE, reply)
    async with script.open() as vipps:
        outcome = await vipps.qr.get(ID)

    assert isinstance(outcome, Refused)
    assert outcome.trouble.fault is fault


@pytest.mark.parametrize("reply", [picture(b"<html>gone</html>"), breaks(), says(503)])
async def test_a_code_without_its_picture_is_in_doubt(script: Script, reply: Reply) -> None:
    script.on("GET", "/qr.png", reply)
    async with script.open() as vipps:
        assert isinstance(await vipps.qr.create(ID, TARGET), InDoubt)


@pytest.mark.parametrize("change", [{"id": "another"}, {"redirectUrl": "https://evil.example/"}, {"url": None}])
async def test_an_answer_about_another_code_is_in_doubt(script: Script, change: dict[str, Any]) -> None:
    script.on("POST", ALL, says(200, {**STORED, **change}))
    async with script.open() as vipps:
        assert isinstance(await vipps.qr.create(ID, TARGET), InDoubt)
