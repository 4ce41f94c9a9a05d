"""Finding meters: on every transport and setting, without writing, within bounded time, and saying what was tried."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.domain.fault import Fault
from kiosk.services.clock import SystemClock
from kiosk.services.meter import ways
from kiosk.services.meter.detect import KNOCK, Search, meter_profiles
from kiosk.services.meter.findings import Report, Step
from kiosk.services.meter.profile import Check, MeterProfile
from kiosk.services.modbus.profile import Block, Value
from kiosk.services.modbus.url import Serial
from kiosk.sim.car import Car
from kiosk.sim.clock import SimClock
from kiosk.sim.meter import MAKES, MeterToy
from kiosk.sim.modbus_pdu import Device, answer
from kiosk.sim.modbus_server import Line, serving_rtu, serving_tcp
from kiosk.sim.post import Post
from tests.services.modbus.raw import Slave, on_tcp, on_tty, registers

BRISK = replace(KNOCK, timeout_s=0.15, gap_s=0, unit_pause_s=0, connect_delay_s=0)
PROFILES = meter_profiles()


def toy(profile: str, serial: int = 21_031_977) -> MeterToy:
    return MeterToy(Post(SimClock(rate=0.001), Car(), register_wh=12_345_678, serial=serial), profile)


async def search(
    url: str,
    units: str = "1-4",
    *,
    within_s: float = 30,
    steps: list[Step] | None = None,
    profiles: list[MeterProfile] = PROFILES,
) -> Report:
    say = (lambda _: None) if steps is None else steps.append
    found = Search(profiles, ways.units(units), SystemClock().now, say, BRISK)
    return await found.run(ways.ways(url, profiles), within_s)


def serving(
    devices: Mapping[int, Device], *, gateway: bool = False, rtu_framed: bool = False
) -> AbstractAsyncContextManager[int]:
    return serving_tcp(Line(devices, gateway=gateway), "127.0.0.1", 0, rtu_framed=rtu_framed)


def names(report: Report) -> dict[str, list[str]]:
    return {found.url.partition("?")[2]: [fit.profile for fit in found.fits] for found in report.found}


@pytest.mark.parametrize("make", MAKES)
async def test_each_meter_is_found_by_what_it_says_it_is(make: str) -> None:
    meter = toy(make)
    async with serving({meter.make.unit: meter}) as port:
        report = await search(f"tcp://127.0.0.1:{port}", str(meter.make.unit))
    assert report.complete
    (found,) = report.found
    assert found.url == f"tcp://127.0.0.1:{port}?unit={meter.make.unit}"
    expected = "sunspec-203" if make == "bauer-bsm-ws36a" else make
    (fit,) = [fit for fit in found.fits if fit.profile == expected]
    (profile,) = [profile for profile in PROFILES if profile.id == expected]
    assert fit.certain is bool(profile.models or any(check.one_of for check in profile.identity))
    assert fit.serial.endswith("21031977") if profile.serial else fit.serial == ""
    assert 12_345_000 < fit.import_wh <= 12_345_680


async def test_three_meters_on_one_serial_line_are_told_apart_by_their_unit() -> None:
    devices = {
        1: toy("eastron-sdm630", 1), 3: toy("abb-b23", 3), 6: toy("carlo-gavazzi-em340", 6)
    }  # fmt: skip
    async with serving_rtu(Line(devices)) as path:
        report = await search(f"rtu://{path}", "1-6")
    base = "baud=9600&parity=N&stopbits=1&unit="
    found = names(report)
    assert list(found) == [base + "1", base + "3", base + "6"]
    for fits, make in zip(found.values(), ("eastron-sdm630", "abb-b23", "carlo-gavazzi-em340"), strict=True):
        assert make in fits
    (tried,) = report.tried
    assert (tried.way, tried.outcome, sorted(tried.units)) == (
        f"rtu://{path} at 9600 8N1",
        "answers",
        [1, 2, 3, 4, 5, 6],
    )


async def test_the_baud_rate_is_found() -> None:
    async with serving_rtu(Line({2: toy("eastron-sdm630")}), baud=19200) as path:
        report = await search(f"rtu://{path}", "1-2")
    assert names(report) == {"baud=19200&parity=N&stopbits=1&unit=2": ["eastron-sdm630"]}
    outcomes = {tried.way.removeprefix(f"rtu://{path} at "): tried.outcome for tried in report.tried}
    assert outcomes["9600 8N1"] == "silence"
    assert outcomes["9600 8E1"] == "cannot be opened: the port refuses 9600 8E1"  # a pty has no parity
    assert outcomes["19200 8N1"] == "answers"


async def test_what_the_address_states_is_not_searched_for() -> None:
    async with serving_rtu(Line({1: toy("eastron-sdm630")}), baud=19200) as path:
        report = await search(f"rtu://{path}?baud=9600&parity=N", "1")
    assert [tried.way for tried in report.tried] == [f"rtu://{path} at 9600 8N1"]
    assert report.trouble.fault is Fault.METER_SILENT


async def test_a_transparent_gateway_is_found_behind_a_tcp_address() -> None:
    async with serving({1: toy("eastron-sdm630")}, rtu_framed=True) as port:
        report = await search(f"tcp://127.0.0.1:{port}", "1-2")
    assert [found.url for found in report.found] == [f"rtutcp://127.0.0.1:{port}?unit=1"]
    assert [tried.outcome for tried in report.tried] == ["silence", "answers"]


async def test_a_gateway_that_says_who_is_silent_settles_the_transport() -> None:
    async with serving({4: toy("eastron-sdm630")}, gateway=True) as port:
        report = await search(f"tcp://127.0.0.1:{port}", "1-4")
    assert names(report) == {"unit=4": ["eastron-sdm630"]}
    assert [tried.way for tried in report.tried] == [f"tcp://127.0.0.1:{port}"]


async def test_a_gateway_that_changes_ids_is_found_and_its_address_says_so() -> None:
    meter = toy("eastron-sdm630")
    meter.line.foreign_transaction = True
    async with serving({1: meter}) as port:
        report = await search(f"tcp://127.0.0.1:{port}", "1-2")
    assert names(report) == {"unit=1&ids=any": ["eastron-sdm630"]}


async def test_a_meter_that_answers_under_every_unit_id_is_found_once() -> None:
    meter = toy("eastron-sdm630")
    async with serving(dict.fromkeys(range(1, 248), meter)) as port:
        report = await search(f"tcp://127.0.0.1:{port}", "1-32")
    assert names(report) == {"unit=1": ["eastron-sdm630"]}


async def test_nothing_is_ever_written() -> None:
    slave = Slave(lambda _, pdu: registers(pdu, *[0x4366] * pdu[4]))
    async with on_tcp(slave) as port:
        await search(f"tcp://127.0.0.1:{port}", "1")
    assert len(slave.heard) > 5
    assert {pdu[0] for _, pdu in slave.heard} <= {1, 3, 4}


async def test_a_meter_that_is_deaf_to_the_first_question_is_asked_another() -> None:
    meter = toy("abb-b23")
    slave = Slave(lambda unit, pdu: answer(meter, pdu) if unit == 3 and pdu[0] == 3 else None)
    async with on_tty(slave) as path:
        report = await search(f"rtu://{path}?baud=9600&parity=N", "1-4")
    assert list(names(report).values()) == [["abb-b23"]]


async def test_no_unit_is_asked_anything_twice() -> None:
    slave = Slave(lambda _, pdu: bytes([pdu[0] | 0x80, 2]))
    async with on_tcp(slave) as port:
        await search(f"tcp://127.0.0.1:{port}", "1", profiles=[*PROFILES, *PROFILES])
    assert len(slave.heard) == len(set(slave.heard)) > 5


async def test_meters_of_one_kind_are_not_asked_whether_they_are_of_another() -> None:
    steps: list[Step] = []
    devices = {unit: toy("abb-b23", unit) for unit in range(1, 5)}
    async with serving(devices, gateway=True) as port:
        report = await search(f"tcp://127.0.0.1:{port}", "1-4", steps=steps)
    assert [fit.profile for found in report.found for fit in found.fits] == ["abb-b23"] * 4
    wondered = [step.text.partition(", ")[2] for step in steps if "is it" in step.text]
    assert [text for text in wondered if text.startswith("unit 3")] == ["unit 3: is it abb-b23?"]
    assert len([text for text in wondered if text.startswith("unit 1")]) == len(PROFILES)


async def test_a_device_that_no_profile_fits_is_named_with_what_comes_near() -> None:
    slave = Slave(lambda _, pdu: registers(pdu, *[0] * pdu[4]))
    async with on_tcp(slave) as port:
        report = await search(f"tcp://127.0.0.1:{port}", "1")
    (found,) = report.found
    assert found.fits == ()
    assert report.trouble.fault is Fault.METER_WRONG_DEVICE
    assert f"{found.url} answers, but no profile fits. Look for a profile" in report.trouble.detail


async def test_a_meter_that_is_set_wrongly_says_what_is_wrong() -> None:
    meter = toy("eastron-sdm630")
    meter.write(16, 0x1E, [0x3F80, 0x0000])  # counts in MWh
    async with serving({1: meter}) as port:
        could_be = plain(0x46).model_copy(update={"precondition": ()})
        (found,) = (await search(f"tcp://127.0.0.1:{port}", "1", profiles=[could_be, *PROFILES])).found
    assert found.fits == ()
    assert any("Set the energy unit of the meter to kWh" in why for why in found.why_not)


async def test_silence_says_what_was_tried_and_what_is_next() -> None:
    async with on_tty(Slave(lambda *_: None)) as path:
        report = await search(f"rtu://{path}?baud=9600", "1-2")
    assert report.trouble.fault is Fault.METER_SILENT
    assert f"Tried rtu://{path} at 9600 8N1: silence; " in report.trouble.detail
    assert "Swap the wires A and B" in report.trouble.detail
    assert "unit id, baud rate and parity" in report.trouble.detail


async def test_noise_is_told_from_silence() -> None:
    slave = Slave()
    slave.frame = lambda _: b"\x00\xff\x7e\x00"
    async with on_tty(slave) as path:
        report = await search(f"rtu://{path}?baud=9600&parity=N", "1")
    assert report.tried[0].outcome == "something is heard that is no answer"


async def test_nobody_there_says_so() -> None:
    async with on_tcp(Slave()) as port:
        pass
    report = await search(f"tcp://127.0.0.1:{port}")
    assert "cannot be reached: nobody accepts a connection there" in report.trouble.detail
    assert report.trouble.detail.endswith("Check power, cable and address.")


async def test_a_search_ends_in_time_with_what_it_knows() -> None:
    devices = {1: toy("eastron-sdm630")}
    async with serving_rtu(Line(devices)) as path, asyncio.timeout(10):
        report = await search(f"rtu://{path}", "1-247", within_s=2)
    assert not report.complete
    assert names(report) == {"baud=9600&parity=N&stopbits=1&unit=1": ["eastron-sdm630"]}


async def test_a_person_who_waits_sees_how_far_it_is() -> None:
    steps: list[Step] = []
    async with on_tcp(Slave(lambda *_: None)) as port:
        await search(f"tcp://127.0.0.1:{port}", "1-3", steps=steps)
    assert steps[0].text == f"tcp://127.0.0.1:{port}, unit 1"
    assert [step.done for step in steps] == list(range(1, len(steps) + 1))
    assert steps[-1].done == steps[-1].most


# A model that has no register to know it by.


def plain(hertz_at: int) -> MeterProfile:
    """The SDM630 as if nothing in it said what it is; `hertz_at` is where its frequency is looked for."""
    known = next(profile for profile in PROFILES if profile.id == "eastron-sdm630")
    value = Value.model_validate(
        {"block": "frequency", "address": hertz_at, "kind": "f32", "vector": {"words": "4248 0000", "equals": "50"}}
    )
    return known.model_copy(
        update={
            "identity": (Check(value="frequency", least=45, most=65, remedy="Choose another."),),
            "blocks": {**known.blocks, "frequency": Block(function=4, address=hertz_at, count=2)},
            "values": {**known.values, "frequency": value},
        }
    )


@pytest.mark.parametrize(("hertz_at", "fits"), [(0x46, 1), (0x00, 0), (0x34, 0)])
async def test_a_model_without_a_name_is_known_by_its_voltage_and_frequency(hertz_at: int, fits: int) -> None:
    async with serving({1: toy("eastron-sdm630")}) as port:
        report = await search(f"tcp://127.0.0.1:{port}", "1", profiles=[plain(hertz_at)])
    assert [[fit.certain for fit in found.fits] for found in report.found] == [[False] * fits]


async def test_who_says_what_it_is_comes_before_who_only_could_be() -> None:
    async with serving({1: toy("eastron-sdm630")}) as port:
        report = await search(f"tcp://127.0.0.1:{port}", "1", profiles=[plain(0x46), *PROFILES])
    assert [fit.certain for fit in report.found[0].fits] == [True]


# Where to look.


def test_serial_settings_begin_with_what_makers_deliver_and_come_once() -> None:
    found = ways.settings(PROFILES)
    assert found[0] == Serial(9600, "N")
    assert len(found) == len(set(found))
    assert {profile.line.serial for profile in PROFILES} <= set(found)
    assert {Serial(2400, "N"), Serial(19200, "E")} <= set(found)


def test_an_adapter_goes_by_the_name_that_survives_another_socket(tmp_path: Path) -> None:
    for name in ("ttyUSB0", "ttyUSB1", "ttyACM0", "ttyS0"):
        (tmp_path / name).touch()
    (tmp_path / "serial" / "by-id").mkdir(parents=True)
    (tmp_path / "serial" / "by-id" / "usb-FTDI").symlink_to(tmp_path / "ttyUSB1")
    assert ways.ports(tmp_path) == [
        str(tmp_path / name) for name in ("serial/by-id/usb-FTDI", "ttyACM0", "ttyUSB0")
    ]  # fmt: skip


def test_what_makers_deliver_is_asked_before_the_first_thirty_two() -> None:
    usual = ways.usual_units(PROFILES)
    assert usual[0] == 1
    assert {profile.line.unit for profile in PROFILES} | set(range(1, 33)) == set(usual)
    assert len(usual) == len(set(usual))


@pytest.mark.parametrize(("text", "units"), [("7", [7]), ("1-3", [1, 2, 3]), ("3, 1-3,42", [3, 1, 2, 42])])
def test_unit_ids_are_written_as_ranges(text: str, units: list[int]) -> None:
    assert ways.units(text) == units


@pytest.mark.parametrize("text", ["", "x", "0", "248", "5-3", "1-"])
def test_wrong_unit_ids_say_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match=r"write 1-32|go from 1 to 247"):
        ways.units(text)
