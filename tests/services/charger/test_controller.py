"""A controller against toy charge points over real sockets: what it switches, verifies, tells, and keeps alive."""

import asyncio

import pytest

from kiosk.domain.energy import Pilot, Plug
from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.domain.outcome import Done, InDoubt, Refused
from kiosk.services.charger.controller import Controller
from kiosk.services.charger.opening import NoController, open_charger
from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.errors import DeviceRefused
from kiosk.sim import modbus_pdu
from kiosk.sim.car import Car
from kiosk.sim.modbus_server import serving_tcp
from kiosk.sim.post import PostFaults
from kiosk.sim.toys import charger_line, serving_on_tty
from tests.services.charger.bench import KEBA, PHOENIX, RELAY, Bench, kept_alive, plug

CONTROLLERS = (KEBA, PHOENIX, RELAY)
# What it switches.


async def test_keba_arms_its_failsafe_before_it_lets_the_car_charge() -> None:
    bench = Bench(KEBA)
    bench.post.set_failsafe(current_ma=6_000)
    async with bench.on_tcp() as controller:
        assert await controller.enable() == Done(None)
        assert await controller.disable() == Done(None)
    assert bench.writes == [(6, 5016, 0), (6, 5018, 60), (6, 5004, 16_000), (6, 5014, 1), (6, 5014, 0)]
    assert bench.at_ms == [0, 5_000, 10_000, 15_000, 20_000]


async def test_what_already_stands_is_not_written_again_so_that_a_charge_begins_sooner() -> None:
    bench = Bench(KEBA)
    bench.post.set_failsafe(current_ma=0, timeout_s=60)
    async with bench.on_tcp() as controller:
        assert await controller.enable() == Done(None)
    assert bench.writes == [(6, 5018, 60), (6, 5004, 16_000), (6, 5014, 1)]


async def test_a_charge_that_begins_while_the_keep_alive_arms_writes_nothing_twice() -> None:
    bench = Bench(KEBA)
    bench.post.set_failsafe(current_ma=6_000)
    async with bench.on_tcp() as controller:
        alive = asyncio.create_task(controller.keep_alive())
        await asyncio.sleep(0)  # it is on its way
        assert await controller.enable() == Done(None)
        alive.cancel()
        await asyncio.wait({alive})
    assert [write[1] for write in bench.writes if write[1] != 5018] == [5016, 5004, 5014]


async def test_phoenix_sets_the_current_and_then_its_coil() -> None:
    bench = Bench(PHOENIX)
    async with bench.on_tcp() as controller:
        assert await controller.enable() == Done(None)
        assert await controller.disable() == Done(None)
    assert bench.writes == [(6, 300, 16), (5, 400, 1), (5, 400, 0)]


async def test_a_relay_is_one_coil() -> None:
    bench = Bench(RELAY)
    async with bench.on_tcp() as controller:
        assert await controller.enable() == Done(None)
        assert await controller.disable() == Done(None)
    assert bench.writes == [(5, 0, 1), (5, 0, 0)]


@pytest.mark.parametrize("profile_id", CONTROLLERS)
async def test_power_flows_while_it_is_enabled_and_not_before_or_after(profile_id: str) -> None:
    bench = Bench(profile_id, Car(power_max_w=11_040, stops_after_s=0))
    async with bench.on_tcp() as controller:
        assert bench.post.power_w == 0
        await controller.enable()
        assert bench.post.power_w == 11_040
        await controller.disable()
        assert bench.post.power_w == 0


@pytest.mark.parametrize(("profile_id", "fails_safe"), [(KEBA, True), (PHOENIX, False), (RELAY, False)])
async def test_only_a_controller_with_a_watchdog_fails_safe(profile_id: str, fails_safe: bool) -> None:
    async with Bench(profile_id).on_tcp() as controller:
        assert (controller.sells, controller.fails_safe) == (True, fails_safe)


async def test_a_relay_may_share_the_serial_line_of_the_meter() -> None:
    bench = Bench(RELAY)
    bench.post.has_pilot = False
    async with serving_on_tty(bench.post, charger_profile=RELAY, charger_unit=2) as path, Lines() as lines:
        controller = bench.controller(lines, f"rtu://{path}?unit=2")
        assert await controller.enable() == Done(None)
        assert plug(await controller.look()).enabled is True


# What it does not know.


@pytest.mark.parametrize("profile_id", CONTROLLERS)
async def test_a_command_without_an_answer_is_in_doubt(profile_id: str) -> None:
    bench = Bench(profile_id, timeout_ms=200)
    async with bench.on_tcp() as controller:
        bench.post.charger_line.mute = True
        outcome = await controller.disable()
    assert isinstance(outcome, InDoubt)
    assert outcome.trouble.fault is Fault.CHARGER_SILENT
    assert outcome.trouble.detail.startswith(
        f"Controller {profile_id} unit {bench.profile.line.unit} on tcp://127.0.0.1:"
    )
    assert (
        "did not answer in 0.2 s. Check the unit id, that Modbus is switched on in the device" in outcome.trouble.detail
    )
    assert len(bench.writes) == 1


async def test_nobody_at_the_address_is_in_doubt_too() -> None:
    bench = Bench(PHOENIX)
    async with serving_tcp(charger_line(bench.post, PHOENIX), "127.0.0.1", 0) as port:
        pass
    async with Lines() as lines:
        assert isinstance(await bench.controller(lines, f"tcp://127.0.0.1:{port}").enable(), InDoubt)


async def test_an_exception_is_a_refusal_with_its_code() -> None:
    async with Bench(RELAY).on_tcp(toy=PHOENIX) as controller:
        controller._registers._device._unit = 180
        outcome = await controller.enable()
    assert isinstance(outcome, Refused)
    assert outcome.code == "2"
    assert outcome.trouble.fault is Fault.CHARGER_REFUSED
    assert (
        "refused the write of 0x0000 (function 5, count 1) with exception 2, illegal address" in outcome.trouble.detail
    )


@pytest.mark.parametrize("code", [5, 6])
async def test_busy_is_not_a_no(code: int) -> None:
    bench = Bench(RELAY)

    def busy(function: int, address: int, values: object) -> None:
        raise modbus_pdu.RefusalError(code)

    line = charger_line(bench.post, RELAY)
    next(iter(line._devices.values())).__dict__["write"] = busy
    async with serving_tcp(line, "127.0.0.1", 0) as port, Lines() as lines:
        assert isinstance(await bench.controller(lines, f"tcp://127.0.0.1:{port}").disable(), InDoubt)


@pytest.mark.parametrize("profile_id", [PHOENIX, RELAY])
async def test_a_coil_that_does_not_follow_is_in_doubt_and_named(profile_id: str) -> None:
    bench = Bench(profile_id)
    line = charger_line(bench.post, profile_id)
    next(iter(line._devices.values())).__dict__["write"] = lambda *_: None
    async with serving_tcp(line, "127.0.0.1", 0) as port, Lines() as lines:
        outcome = await bench.controller(lines, f"tcp://127.0.0.1:{port}").enable()
    assert isinstance(outcome, InDoubt)
    assert outcome.trouble.fault is Fault.CHARGER_FAULT
    assert "confirmed the" in outcome.trouble.detail


async def test_without_an_armed_failsafe_nothing_is_switched_on() -> None:
    bench = Bench(KEBA)
    line = charger_line(bench.post, KEBA)
    next(iter(line._devices.values())).__dict__["write"] = lambda function, address, values: bench.writes.append(
        (function, address, values[0])
    )
    bench.post.set_failsafe(current_ma=6_000)
    async with serving_tcp(line, "127.0.0.1", 0) as port, Lines() as lines:
        outcome = await bench.controller(lines, f"tcp://127.0.0.1:{port}").enable()
    assert isinstance(outcome, InDoubt)
    assert "confirmed the fail-safe at 5016 as 0 but shows 6000" in outcome.trouble.detail
    assert bench.writes == [(6, 5016, 0)]


# What it shows.


async def test_keba_follows_the_car_from_unplugged_to_done() -> None:
    bench = Bench(KEBA)
    bench.post.unplug()
    async with bench.on_tcp() as controller:
        seen = [await controller.look()]
        bench.post.plug(Car(battery_wh=20_000, charged_wh=19_980))
        seen.append(await controller.look())
        await controller.enable()
        seen.append(await controller.look())
        await kept_alive(bench, controller, 600)
        seen.append(await controller.look())
        await controller.disable()
        seen.append(await controller.look())
        bench.post.unplug()
        seen.append(await controller.look())
    assert [(plug(each).pilot, plug(each).enabled) for each in seen] == [
        (Pilot.A, None),
        (Pilot.B, False),
        (Pilot.C, True),
        (Pilot.B, True),
        (Pilot.B, False),
        (Pilot.A, False),
    ]


async def test_a_locked_keba_with_a_car_shows_the_car() -> None:
    bench = Bench(KEBA)
    async with bench.on_tcp() as controller:
        controller._registers.profile = controller._registers._plain = bench.profile.model_copy(
            update={"state": bench.profile.state and bench.profile.state.model_copy(update={"pilot": {"5": Pilot.A}})}
        )
        assert plug(await controller.look()).pilot is Pilot.B


@pytest.mark.parametrize("profile_id", [KEBA, PHOENIX])
@pytest.mark.parametrize("pilot", ["E", "F"])
async def test_a_broken_pilot_is_shown(profile_id: str, pilot: str) -> None:
    bench = Bench(profile_id)
    bench.post.fail(PostFaults(pilot="E" if pilot == "E" else "F"))
    async with bench.on_tcp() as controller:
        assert plug(await controller.look()).pilot is Pilot(pilot)


async def test_phoenix_shows_coil_and_current_as_they_are_whoever_set_them() -> None:
    bench = Bench(PHOENIX)
    bench.post.command(enabled=True, limit_ma=10_000)
    async with bench.on_tcp() as controller:
        assert plug(await controller.look()) == Plug(bench.now(), Pilot.C, True, 10_000)


async def test_a_relay_cannot_tell_about_the_car() -> None:
    bench = Bench(RELAY)
    async with bench.on_tcp() as controller:
        assert plug(await controller.look()) == Plug(bench.now(), None, False, None)
        await controller.enable()
        assert plug(await controller.look()) == Plug(bench.now(), None, True, None)


async def test_a_silent_controller_is_told_as_such() -> None:
    bench = Bench(KEBA, timeout_ms=200)
    bench.post.charger_line.silent = True
    async with bench.on_tcp() as controller:
        trouble = await controller.look()
    assert isinstance(trouble, Trouble)
    assert trouble.fault is Fault.CHARGER_SILENT


async def test_a_state_that_the_paper_does_not_know_is_a_fault() -> None:
    bench = Bench(PHOENIX)
    bench.post.charger_line.garbage = "ones"
    async with bench.on_tcp() as controller:
        trouble = await controller.look()
    assert isinstance(trouble, Trouble)
    assert trouble.fault is Fault.CHARGER_FAULT
    assert "shows state 65535, which is none of 65, 66, 67, 68, 69, 70" in trouble.detail


# What it keeps alive.


async def test_the_failsafe_is_armed_at_the_start_and_fed_three_times_in_its_time() -> None:
    bench = Bench(KEBA)
    bench.post.set_failsafe(current_ma=6_000)
    async with bench.on_tcp() as controller:
        await kept_alive(bench, controller, 120)
    assert bench.writes[:2] == [(6, 5016, 0), (6, 5018, 60)]
    assert set(bench.writes[2:]) == {(6, 5018, 60)}
    assert len(bench.writes) >= 6
    assert max(after - before for before, after in zip(bench.at_ms, bench.at_ms[1:], strict=False)) <= 20_000


async def test_a_car_charges_on_for_as_long_as_it_is_kept_alive_and_no_longer() -> None:
    bench = Bench(KEBA, Car(power_max_w=11_040, stops_after_s=0))
    async with bench.on_tcp() as controller:
        await controller.enable()
        await kept_alive(bench, controller, 600)
        bench.post.advance()
        assert bench.post.power_w == 11_040
        assert (6, 5004, 16_000) not in bench.writes[4:]
        bench.ms += 61_000
        bench.post.advance()
        assert bench.post.power_w == 0


async def test_after_an_outage_our_own_setpoint_is_written_again() -> None:
    bench = Bench(KEBA, Car(power_max_w=11_040, stops_after_s=0))
    async with bench.on_tcp() as controller:
        await controller.enable()
        bench.ms += 61_000
        bench.writes.clear()
        await kept_alive(bench, controller, 40)
        assert bench.writes[:2] == [(6, 5018, 60), (6, 5004, 16_000)]
        bench.post.advance()
        assert bench.post.power_w == 11_040


@pytest.mark.parametrize("stopped_first", [False, True])
async def test_a_setpoint_that_is_not_ours_is_never_written(stopped_first: bool) -> None:
    bench = Bench(KEBA)
    async with bench.on_tcp() as controller:
        if stopped_first:
            await controller.enable()
            await controller.disable()
        bench.ms += 61_000
        bench.writes.clear()
        await kept_alive(bench, controller, 120)
    assert {address for _, address, _ in bench.writes} == {5018}


async def test_keeping_alive_outlives_a_silent_line_and_arms_again() -> None:
    bench = Bench(KEBA, timeout_ms=200)
    async with bench.on_tcp() as controller:
        await kept_alive(bench, controller, 40)
        bench.post.charger_line.silent = True
        await kept_alive(bench, controller, 10)
        bench.post.charger_line.silent = False
        bench.post.set_failsafe(current_ma=6_000, timeout_s=0)
        bench.writes.clear()
        await kept_alive(bench, controller, 30)
    assert bench.writes[:2] == [(6, 5016, 0), (6, 5018, 60)]


async def test_a_controller_without_failsafe_is_left_alone() -> None:
    bench = Bench(PHOENIX)
    async with bench.on_tcp() as controller:
        task = asyncio.create_task(controller.keep_alive())
        await controller.look()
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert bench.writes == []


# Opening.


async def test_none_shows_nothing_and_never_sells() -> None:
    bench = Bench()
    async with Lines() as lines:
        nothing = open_charger(lines, "none", "", bench.now, 16)
    assert isinstance(nothing, NoController)
    assert (nothing.sells, nothing.fails_safe) == (False, False)
    assert isinstance(await nothing.enable(), Refused)
    assert await nothing.disable() == Done(None)
    assert await nothing.look() == Plug(bench.now(), None, None, None)


@pytest.mark.parametrize(
    ("profile_id", "amps", "sentence"),
    [
        (KEBA, 80, "Controller keba-p30 can offer 6 to 63 A, not 80 A. Set `amps` to one of these."),
        ("keba-p3", 16, "Did you mean 'keba-p30'? There are: abb-terra-ac, alfen-eve, bender-cc612,"),
        ("non", 16, "Did you mean 'none'?"),
    ],
)
async def test_wrong_settings_are_one_sentence(profile_id: str, amps: int, sentence: str) -> None:
    async with Lines() as lines:
        with pytest.raises(FaultError) as caught:
            open_charger(lines, profile_id, "tcp://127.0.0.1:1", Bench().now, amps)
    assert caught.value.trouble.fault is Fault.CONFIG_WRONG
    assert sentence in caught.value.trouble.detail


@pytest.mark.parametrize(
    ("profile_id", "address", "where"),
    [
        ("bender-cc612", "tcp://10.0.0.9", "unit 255 on tcp://10.0.0.9:502"),
        ("bender-cc612", "tcp://10.0.0.9?connector=2", "unit 255 on tcp://10.0.0.9:503"),
        ("bender-cc612", "tcp://10.0.0.9:1502?unit=3&connector=2", "unit 3 on tcp://10.0.0.9:1503"),
        ("alfen-eve", "tcp://10.0.0.9?connector=1", "unit 1 on tcp://10.0.0.9:502"),
        ("alfen-eve", "tcp://10.0.0.9?connector=2", "unit 2 on tcp://10.0.0.9:502"),
        ("phoenix-charx", "tcp://10.0.0.9?connector=2", "unit 1 on tcp://10.0.0.9:502"),
        ("heidelberg-energy-control", "rtu:///dev/ttyUSB0", "unit 1 on rtu:///dev/ttyUSB0"),
    ],
)
async def test_the_second_outlet_is_another_port_another_unit_or_other_registers(
    profile_id: str, address: str, where: str
) -> None:
    async with Lines() as lines:
        controller = open_charger(lines, profile_id, address, Bench().now, 16)
        assert isinstance(controller, Controller)
        assert controller._registers.where == where


@pytest.mark.parametrize(
    ("profile_id", "address", "sentence"),
    [
        (
            "bender-cc612",
            "tcp://10.0.0.9?connector=3",
            "names connector 3; bender-cc612 has 1 to 2. Write one of these.",
        ),
        ("bender-cc612", "tcp://10.0.0.9?connector=0", "names connector 0; bender-cc612 has 1 to 2."),
        ("bender-cc612", "tcp://10.0.0.9?connector=b", "names connector b; bender-cc612 has 1 to 2."),
        (KEBA, "tcp://10.0.0.9?connector=2", "names a connector, and keba-p30 has only one. Leave it out."),
    ],
)
async def test_a_connector_that_is_not_there_is_one_sentence(profile_id: str, address: str, sentence: str) -> None:
    async with Lines() as lines:
        with pytest.raises(FaultError) as caught:
            open_charger(lines, profile_id, address, Bench().now, 16)
    assert caught.value.trouble.fault is Fault.CONFIG_WRONG
    assert sentence in caught.value.trouble.detail


async def test_a_contactor_that_does_not_hear_the_stop_is_starved_until_it_opens_by_itself() -> None:
    """Feeding the watchdog of a controller that refused to open would hold its contactor closed for ever."""
    bench = Bench()
    async with bench.on_tcp() as controller:
        assert isinstance(await controller.enable(), Done)
        write = controller._registers._device.write_register

        async def refuse_the_switch(address: int, value: int) -> None:
            if address == 5014:
                raise DeviceRefused("refused the write", 4)
            await write(address, value)

        controller._registers._device.write_register = refuse_the_switch  # type: ignore[method-assign]
        assert not isinstance(await controller.disable(), Done)
        alive = asyncio.create_task(controller.keep_alive())
        bench.writes.clear()
        while bench.ms < 120_000:
            await bench.sleep(1)
        alive.cancel()
        assert bench.writes == []
        bench.post.advance()
        assert not bench.post.contactor_closed
