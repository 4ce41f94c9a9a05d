"""What the meter may show, and the one outcome of each: the table of docs/metering.md, row by row."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kiosk.domain.energy import Pilot
from kiosk.domain.events import Act, Event, Pressed, Restarted, Watched
from kiosk.domain.fault import Acts, Fault, Trouble
from kiosk.domain.metering import CATCH_UP_MS, FROZEN_MS, FROZEN_WH, caught_up_wh, doubt, is_frozen
from kiosk.domain.money import Currency
from kiosk.domain.states import Charging, Session, Settling, Stopping, Waiting, Why
from kiosk.domain.tariff import Tariff
from tests.domain import given
from tests.domain.given import RATED_W, after, at, reading, watched

PAPER = Path(__file__).parents[2] / "docs" / "metering.md"
DEAR = Tariff(Currency.NOK, energy_e4=490_000)  # 45 Wh are more than the market's minimum
GARBLED = Trouble(Fault.METER_GARBLED, "Meter m-1 has no value for the total import.")


def garbled(seconds: float) -> Watched:
    return replace(watched(seconds, None), trouble=GARBLED)


def opened(seconds: float, import_wh: int | None, **more: object) -> Watched:
    """The contactor is open and nothing flows."""
    return watched(seconds, import_wh, Pilot.B, enabled=False, **{"power_w": 0, **more})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Row:
    """`goes` is "goes on", "proven" (stops, and bills the proven part) or "nothing" (stops, and bills nothing)."""

    situation: str
    goes: str
    fault: Fault | None
    events: tuple[Event, ...]
    closing: tuple[Event, ...] = ()
    billed_wh: int = 45


def charging_rows() -> list[Row]:
    """After 45 Wh that are proven: 1 000 Wh at the begin, 1 045 Wh at 80 s, with 3 600 W (one Wh a second)."""
    end = (opened(86, 1_045), opened(120, 1_045))
    stop = Pressed(at(81), Act.STOP, "glass")
    # fmt: off
    return [
        Row("The register rises as the power says", "goes on", None, (watched(90, 1_055),), billed_wh=55),
        Row("It falls by no more than its own step", "goes on", None, (watched(82, 1_041, resolution_wh=4),)),
        Row("It falls by more", "proven", Fault.METER_FELL, (watched(82, 1_040, resolution_wh=4),), end),
        Row("It is reset, or rolls over", "proven", Fault.METER_FELL, (watched(82, 2),), (opened(86, 2), opened(120, 2))),
        Row("Another serial number answers", "proven", Fault.METER_REPLACED, (watched(82, 1_047, serial="m-2"),),
            (opened(86, 1_047, serial="m-2"), opened(120, 1_047, serial="m-2"))),
        Row("It jumps further than rated power allows, once or twice", "goes on", None,
            (watched(82, 9_000), watched(84, 9_000), watched(86, 1_051)), billed_wh=51),
        Row("It jumps three times in a row", "proven", Fault.METER_JUMPED,
            (watched(82, 9_000), watched(84, 9_000), watched(86, 9_000)), (opened(88, 9_000), opened(120, 9_000))),
        Row("Power flows, and three steps of the register are due that never came", "proven", Fault.METER_FROZEN,
            (watched(142, 1_045, since_s=81),), (opened(144, 1_045),)),
        Row("A coarse register rests for less than three of its steps", "goes on", None,
            (watched(160, 1_045, since_s=81, resolution_wh=100),)),
        Row("A register that has long rested meets the first watt", "goes on", None,
            (Watched(at(82), 2_000, replace(reading(82, 1_045), since=at(-3_600)), given.plug(82)),)),
        Row("It rises while the power is none", "proven", Fault.METER_CONTRADICTS,
            (watched(100, 1_050, power_w=0, unpowered_wh=34),), (opened(102, 1_050, unpowered_wh=34), opened(140, 1_050, unpowered_wh=34))),
        Row("It catches up just after the power has gone", "goes on", None,
            (watched(100, 1_055, power_w=0, unpowered_wh=10),), billed_wh=55),
        Row("Energy flows the wrong way", "proven", Fault.METER_REVERSED, (watched(82, 1_045, power_w=-3_600),), end),
        Row("It has no value, or none that two reads agree on, for less than half a minute", "goes on", None,
            (*(garbled(s) for s in range(82, 110, 2)), watched(110, 1_075)), billed_wh=75),
        Row("It has none for half a minute", "proven", Fault.METER_GARBLED,
            tuple(garbled(s) for s in range(82, 114, 2)), (replace(opened(116, None), trouble=GARBLED), replace(opened(150, None), trouble=GARBLED))),
        Row("It does not answer for half a minute", "proven", Fault.METER_SILENT,
            tuple(watched(s, None) for s in range(82, 114, 2)), (opened(116, None), opened(150, None))),
        Row("Energy flows for half a minute although the contactor is said to be open", "proven", Fault.CONTACTOR_STUCK,
            tuple(watched(s, 965 + s, Pilot.B, enabled=False) for s in range(82, 114, 2)),
            (watched(116, 1_081, enabled=False), watched(150, 1_115, enabled=False)), billed_wh=77),
        Row("Energy flows for some seconds after the controller said so", "goes on", None,
            (*(watched(s, 965 + s, Pilot.B, enabled=False) for s in range(82, 110, 2)), watched(110, 1_075)), billed_wh=75),
        Row("Energy flows on after the stop", "proven", Fault.CONTACTOR_STUCK, (stop,), (watched(84, 1_049), watched(112, 1_077))),
        Row("The end register cannot be believed", "proven", Fault.METER_JUMPED, (stop,), (opened(84, 9_000), opened(112, 9_000))),
        Row("The register ran on behind a dead kiosk", "proven", None, (stop, Restarted(at(9_000, boot="boot-2"))),
            (opened(9_002, 9_900, boot="boot-2"),)),
    ]
    # fmt: on


def early_rows() -> list[Row]:
    """Before the first energy: nothing is proven, so nothing is billed and the whole hold goes back."""
    # fmt: off
    return [
        Row("Before the first energy: the register fell, or another meter answers", "nothing", Fault.METER_REPLACED,
            (watched(20, 1_000, serial="m-2"),), (opened(22, 1_000, serial="m-2"), opened(52, 1_000, serial="m-2")), 0),
        Row("Before the first energy: it jumps three times in a row", "nothing", Fault.METER_JUMPED,
            (watched(20, 9_000), watched(22, 9_000), watched(24, 9_000)), (opened(26, 9_000), opened(56, 9_000)), 0),
        Row("Before the first energy: power flows and it stands", "nothing", Fault.METER_FROZEN,
            (watched(90, 1_000, since_s=25),), (opened(92, 1_000),), 0),
    ]
    # fmt: on


ROWS = [(given.charging, row) for row in charging_rows()] + [(given.waiting, row) for row in early_rows()]
OUTCOMES = {"goes on": "goes on", "proven": "stops, bills the proven part", "nothing": "stops, bills nothing"}


@pytest.mark.parametrize(("stand", "row"), ROWS, ids=[row.situation for _, row in ROWS])
def test_each_situation_has_its_one_outcome(stand: object, row: Row) -> None:
    session: Session = given.waiting(tariff=DEAR)
    if stand is given.charging:
        session = after(given.charging(tariff=DEAR), watched(80, 1_045))[0]
    session = after(session, *row.events)[0]
    if row.goes == "goes on":
        assert isinstance(session, Charging | Waiting), f"stopped as {session}"
        assert session.last.import_wh - session.begin.import_wh == row.billed_wh
        return
    assert isinstance(session, Stopping), "goes on"
    session = after(session, *row.closing)[0]
    assert isinstance(session, Settling), "does not come to its end"
    assert session.usage.energy_wh == row.billed_wh
    assert (session.fault.fault if session.fault else None) is row.fault
    assert session.begin is not None
    assert session.end is not None
    assert (session.begin.serial, session.end.serial) == ("m-1", "m-1"), "only one meter is billed"
    assert session.end.import_wh - session.begin.import_wh == row.billed_wh
    assert session.end.at.utc_ms >= session.begin.at.utc_ms
    assert bool(session.due.due) == (row.billed_wh > 0)
    if session.fault and isinstance(row.events[-1], Watched):
        assert session.why is Why.FAULT


def test_the_paper_says_what_the_program_does() -> None:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAPER.read_text("utf-8").splitlines()]
    said = {row[0]: (row[1], row[2]) for row in cells if len(row) == 4 and row[1] in OUTCOMES.values()}
    does = {row.situation: (OUTCOMES[row.goes], row.fault or "none") for _, row in ROWS}
    assert said == does


def test_every_fault_of_a_meter_is_in_the_paper_and_is_the_technicians() -> None:
    told = set(re.findall(r"`?(meter-[a-z-]+|contactor-stuck)`?", PAPER.read_text("utf-8")))
    meters = {fault for fault in Fault if fault.startswith("meter-")} | {Fault.CONTACTOR_STUCK}
    assert told == {str(fault) for fault in meters}
    assert {fault.acts for fault in meters} == {Acts.TECHNICIAN}


# The edges of the rules.


@pytest.mark.parametrize("resolution_wh", [1, 10, 100])
def test_frozen_is_three_steps_by_the_integral_and_a_minute_of_rest(resolution_wh: int) -> None:
    due_wh = max(3 * resolution_wh, FROZEN_WH)
    rest_s = FROZEN_MS // 1000

    def rests(seconds: int, flowed_wh: int, power_w: int = 230) -> bool:
        return is_frozen(
            replace(
                reading(seconds, 1_000, power_w=power_w, resolution_wh=resolution_wh), since=at(0), flowed_wh=flowed_wh
            )
        )

    assert not rests(rest_s + 1, due_wh)
    assert rests(rest_s + 1, due_wh + 1)
    assert not rests(rest_s, due_wh + 1)
    assert not rests(rest_s + 1, due_wh + 1, power_w=200), "while nothing flows a register may stand for ever"


def test_a_trickle_before_full_power_is_not_counted_at_full_power() -> None:
    """20 min at 250 W are 83 Wh, less than one step of 100 Wh; at 11 kW the same rest would be 3 600 Wh."""
    now = replace(reading(1_200, 1_000, power_w=11_000, resolution_wh=100), since=at(0), flowed_wh=84)
    assert doubt(reading(0, 1_000), now, 22_000) is None


@pytest.mark.parametrize(("rest_s", "frozen"), [(469, False), (470, True)])
def test_a_row_of_an_earlier_version_is_decided_as_it_was_then(rest_s: int, frozen: bool) -> None:
    """Time multiplied by the power of the moment: 30 Wh at 230 W; and energy through an open contactor went on."""
    old = replace(reading(rest_s, 1_000, power_w=230, resolution_wh=10), since=at(0), flowed_wh=None)
    assert is_frozen(old) is frozen
    session = after(given.charging(), watched(80, 1_045))[0]
    for seconds in range(82, 200, 2):
        looked = watched(seconds, 965 + seconds, Pilot.B, enabled=False)
        assert looked.reading is not None
        session = after(session, replace(looked, reading=replace(looked.reading, flowed_wh=None)))[0]
    assert isinstance(session, Charging)


def test_what_a_register_may_catch_up_with_is_three_steps_and_a_quarter_of_a_minute_of_rated_power() -> None:
    late_wh = RATED_W * CATCH_UP_MS // 3_600_000
    assert late_wh == 30
    for resolution_wh in (1, 100):
        edge_wh = 3 * resolution_wh + late_wh
        now = reading(100, 1_055, power_w=0, resolution_wh=resolution_wh)
        assert caught_up_wh(now, RATED_W) == edge_wh
        assert doubt(reading(80, 1_045), replace(now, unpowered_wh=edge_wh), RATED_W) is None
        trouble = doubt(reading(80, 1_045), replace(now, unpowered_wh=edge_wh + 1), RATED_W)
        assert trouble is not None
        assert (
            trouble.detail == f"Meter m-1 has counted {edge_wh + 1} Wh to 1055 Wh while it showed no power (0 W now)."
        )


def test_a_stray_current_that_stops_in_between_begins_to_count_anew() -> None:
    looks = [watched(s, 965 + s, Pilot.B, enabled=False) for s in range(82, 108, 2)]
    gone = watched(108, 1_072, Pilot.B, enabled=False, power_w=0)
    again = [watched(s, 965 + s, Pilot.B, enabled=False) for s in range(110, 138, 2)]
    session = after(after(given.charging(), watched(80, 1_045))[0], *looks, gone, *again)[0]
    assert isinstance(session, Charging)


def test_a_controller_that_lags_behind_a_car_that_wakes_is_not_called_stuck() -> None:
    """Done for an hour, and the pilot says so some seconds longer than the meter."""
    done = [watched(s, 1_046, Pilot.B, power_w=0) for s in (90, 300, 600)]
    waking = [watched(602, 1_048, Pilot.B), watched(604, 1_050, Pilot.B), watched(606, 1_052)]
    session = after(after(given.charging(), watched(80, 1_045))[0], *done, *waking)[0]
    assert isinstance(session, Charging)
    assert session.stray_since is None
