"""One walk through every controller profile: what it may never do, what it has to say, and a sentence for each mistake."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel

from kiosk import RESOURCES
from kiosk.domain.energy import Pilot
from kiosk.domain.fault import FaultError
from kiosk.services.charger.profile import ChargerProfile, Check, Connectors, Current, FailSafe, State, Switch
from kiosk.services.modbus.catalogue import load, profile_ids, read

CHARGERS = (
    "abb-terra-ac",
    "alfen-eve",
    "bender-cc612",
    "go-e",
    "heidelberg-energy-control",
    "keba-p30",
    "keba-p40",
    "mennekes-amtron-compact",
    "mennekes-amtron-xtra",
    "phoenix-charx",
    "phoenix-em-cp-pp-eth",
    "phoenix-ev-eth",
    "relay-coil",
    "vestel-evc04",
    "webasto-next",
)
PROFILES = {name: load("chargers", name, ChargerProfile) for name in profile_ids("chargers")}
VARIANTS = PROFILES | {
    f"{name} {row.since or ''}..{row.below or ''}": row.profile
    for name, profile in PROFILES.items()
    for row in profile.overrides
}
# What the maker calls it in its own list, and the registers that nobody may write (FACTS: they restart it, or wear out).
NEVER = {"go-e": {300}, "phoenix-charx": {165, 166}, "abb-terra-ac": {0x4103, 0x4105}, "keba-p30": {5012}}
ZERO_IS_NO_LIMIT = {"mennekes-amtron-compact"}
WITHOUT_FAILSAFE = {"go-e", "mennekes-amtron-xtra", "phoenix-em-cp-pp-eth", "phoenix-ev-eth", "relay-coil"}
UNITS = {
    "keba-p30": 255,
    "keba-p40": 255,
    "abb-terra-ac": 1,
    "phoenix-em-cp-pp-eth": 180,
    "phoenix-ev-eth": 255,
    "phoenix-charx": 1,
    "alfen-eve": 1,
    "mennekes-amtron-compact": 50,
    "mennekes-amtron-xtra": 255,
    "webasto-next": 255,
    "vestel-evc04": 255,
    "go-e": 1,
}


def test_the_walk_saw_every_controller_and_every_firmware() -> None:
    assert tuple(PROFILES) == CHARGERS
    assert len(VARIANTS) == len(PROFILES) + 2
    assert sum(len(profile.values) for profile in PROFILES.values()) > 80


@pytest.mark.parametrize("name", VARIANTS)
def test_every_value_means_what_its_vector_says_and_is_used(name: str) -> None:
    profile = VARIANTS[name]
    for key, value in profile.values.items():
        if value.kind == "str":
            assert value.text(value.vector.words) == value.vector.equals, key
        else:
            assert value.number(value.vector.words) == Decimal(value.vector.equals), key
    text = (RESOURCES / "chargers" / f"{profile.id}.toml").read_text("utf-8")
    for key in profile.values:
        assert re.search(rf'(readback|value|firmware) = "{key}"|shows = \[.*"{key}"', text), f"{key} is read by nobody"
    for key, block in profile.blocks.items():
        assert any(value.block == key for value in profile.values.values()), f"block {key} is read by nobody"
        assert block.count <= profile.count_max <= 125


@pytest.mark.parametrize("name", CHARGERS)
def test_every_profile_states_what_opens_it_how_fast_and_who_says_so(name: str) -> None:
    text = (RESOURCES / "chargers" / f"{name}.toml").read_text("utf-8")
    profile = PROFILES[name]
    assert text.startswith("# "), "the maker's conditions stand on top"
    assert re.search(r"^(failsafe = false|\[failsafe\])$", text, re.MULTILINE)
    assert (profile.failsafe is None) == (name in WITHOUT_FAILSAFE)
    assert re.search(r"^# .*\nstop_latency_s = \d+$", text, re.MULTILINE), "say above it what it is made of"
    assert profile.line.unit == UNITS.get(name, profile.line.unit)
    assert profile.sources["stop_latency_s"]
    assert len(profile.source) > 20


def test_no_stop_costs_every_driver_more_than_ten_seconds_of_the_hold() -> None:
    assert max(profile.stop_latency_s for profile in PROFILES.values()) == 10


@pytest.mark.parametrize("name", CHARGERS)
def test_nothing_is_written_that_wears_out_restarts_or_unlocks_it(name: str) -> None:
    profile = PROFILES[name]
    written = set(profile.written())
    assert written or profile.switch is not None
    assert not written & NEVER.get(name, set())
    assert not written & set(profile.eeprom)
    assert set(profile.eeprom) == NEVER["go-e"] if name == "go-e" else not profile.eeprom


@pytest.mark.parametrize("name", CHARGERS)
def test_no_0_is_written_where_0_means_no_limit(name: str) -> None:
    profile = PROFILES[name]
    if profile.current is None:
        assert name == "relay-coil"
        return
    assert (profile.current.zero == "unlimited") == (name in ZERO_IS_NO_LIMIT)
    assert profile.current.least_amps >= 6
    if profile.current.zero != "pause":
        assert profile.switch is not None
        assert profile.switch.register_ != profile.current.address
    settings = profile.failsafe.settings if profile.failsafe else ()
    assert all(row.address != profile.current.address for row in settings)


@pytest.mark.parametrize("name", sorted(set(CHARGERS) - WITHOUT_FAILSAFE))
def test_a_fail_safe_leaves_nothing_flowing_and_one_lost_feed_does_no_harm(name: str) -> None:
    failsafe = PROFILES[name].failsafe
    assert failsafe is not None
    assert 2 * failsafe.feed_s <= failsafe.lapses_s
    offers_nothing = any(row.value == 0 for row in failsafe.settings)
    demands_it = any(check.most is not None or check.equals for check in failsafe.demands)
    assert offers_nothing or demands_it


@pytest.mark.parametrize("name", sorted(set(CHARGERS) - {"relay-coil"}))
def test_the_states_are_the_standards_letters_and_none_is_missing(name: str) -> None:
    state = PROFILES[name].state
    assert state is not None
    shown = set(state.pilot.values()) | ({Pilot.A, Pilot.B} if state.plugged else set())
    assert {Pilot.A, Pilot.B, Pilot.C} <= shown


def test_what_no_source_has_proven_is_experimental_and_only_that() -> None:
    assert {name for name, profile in PROFILES.items() if profile.experimental} == {"mennekes-amtron-compact"}
    assert set(PROFILES["mennekes-amtron-compact"].doubts()) == {"limit", "voltage", "current"}


def test_the_page_for_technicians_names_every_key() -> None:
    page = (Path(__file__).parents[3] / "docs" / "add-a-controller.md").read_text("utf-8")
    shapes: list[type[BaseModel]] = [ChargerProfile, FailSafe, Current, Switch, State, Connectors, Check]
    keys = {row.alias or key for shape in shapes for key, row in shape.model_fields.items()}
    assert len(keys) > 50
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []


# fmt: off
WRONG = [
    # profile, what is written, what should have been, and the sentence
    ("keba-p30", "[failsafe]\nfed_by", "[failsave]\nfed_by", "failsafe is missing."),
    ("keba-p30", "stop_latency_s = 10", "", "stop_latency_s is missing."),
    ("keba-p30", "stop_latency_s = 10", "stop_latency_s = 1", "stop_latency_s 1 is wrong: input should be greater than or equal to 2."),
    ("keba-p30", 'fed_by = "write"', 'fed_by = "reed"', "failsafe.fed_by 'reed' is wrong (did you mean 'read'?): it has to be 'write', 'read' or 'current'."),
    ("keba-p30", 'fed_by = "write"', 'fed_by = "read"', "failsafe feed is what is written with fed_by = 'write', and only there."),
    ("keba-p30", "feed_s = 20", "feed_s = 31", "failsafe feed_s has to be at most half of lapses_s, so that one lost write does no harm."),
    ("keba-p30", 'plugged = { value = "cable"', 'plugged = { value = "cabel"', "there is no value 'cabel'; there are: state, cable"),
    ("keba-p30", 'in_states = ["1", "5"]', 'in_states = ["6"]', "state there is no state '6' in pilot; there are: 0, 1, 2, 3, 4, 5."),
    ("keba-p30", 'cable = "A: evcc, OpenEMS"\n', "", "'cable' needs a line in sources."),
    ("keba-p30", 'cable = "A: evcc', 'cable = "evcc', "the source 'evcc, OpenEMS' has to begin with its grade, such as 'A: the maker's paper, page 7'."),
    ("keba-p30", 'cable = "A: evcc', 'cable = "B: evcc', "grade has to be 'B', the worst of its sources."),
    ("keba-p30", 'cable = "A: evcc', 'gable = "A: x"\ncable = "A: evcc', "'gable' has a line in sources and is not in this profile."),
    ("keba-p30", 'kind = "u32"\nvector = { words = "0000 0003"', 'kind = "u23"\nvector = { words = "0000 0003"', "values.state.kind 'u23' is wrong"),
    ("keba-p30", 'unit = "mA"\nzero', 'unit = "kA"\nzero', "current.unit 'kA' is wrong (did you mean 'A'?): it has to be 'A', '0.1 A' or 'mA'."),
    ("keba-p40", 'zero = "pause"', 'zero = "unlimited"', "without a switch it needs a current with zero = 'pause': nothing else could stop a charge."),
    ("keba-p40", 'firmware = "firmware"\n', "", "overrides need firmware, the name of the value that shows its version."),
    ("keba-p40", 'scale = "1", vector', 'skale = "1", vector', "overrides.0.profile.values.energy.skale is not a key here (did you mean 'scale'?); there are: address, block,"),
    ("go-e", "eeprom = [300]", "eeprom = [299]", "register 299 is in eeprom and wears out; write its volatile twin instead."),
    ("alfen-eve", "function = 16\nunit", "function = 6\nunit", "current kind 'f32' takes two registers, which only function = 16 writes."),
    ("alfen-eve", "most = 5999\n", "", "failsafe.demands.0 a check needs equals, least or most."),
    ("alfen-eve", "unit_step = 1", "unit_step = 1\nport_step = 1", "connectors connectors differ by exactly one of address_step, port_step and unit_step."),
    ("relay-coil", "coil = 0", "coil = 0\nregister = 4", "switch a switch is either a coil or a register."),
    ("mennekes-amtron-compact", "experimental = true", "", "experimental = true belongs to grade C, and only there."),
    # What is well formed and still wrong.
    ("keba-p30", 'equals = "11040"', 'equals = "110400"', "values.energy.vector says that its words mean '110400', and they are 11040: kind, order, scale, unit or vector is wrong."),
    ("keba-p30", 'equals = "11040"', 'equals = "much"', "values.energy.vector says that its words mean 'much', and they are 11040:"),
    ("keba-p30", 'unit = "mA"\nvector', 'unit = "A"\nvector', "values.failsafe_current.vector says that its words mean '6000', and they are 6000000:"),
    ("bender-cc612", 'equals = "5.22"', 'equals = "5.23"', "values.firmware.vector says that its words mean '5.23', and they are 5.22:"),
    ("keba-p40", 'vector = { words = "0000 2B20"', 'vector = { words = "0000 2B21"', "overrides.0.profile values.energy.vector says that its words mean '11040', and they are 11041:"),
    ("keba-p30", "{ address = 5016, value = 0,", "{ address = 5016, value = 16000,", "failsafe.settings writes 16000 to 5016, a current of 6 A or more; it has to be 0, so that nothing flows."),
    ("keba-p30", "{ address = 5016, value = 0,", "{ address = 5016, value = 6000,", "failsafe.settings writes 6000 to 5016, a current of 6 A or more; it has to be 0, so that nothing flows."),
    ("heidelberg-energy-control", "{ address = 262, value = 0,", "{ address = 262, value = 160,", "failsafe.settings has to set the current that it falls to as 0, or failsafe.demands has to prove it: nothing may flow."),
    ("abb-terra-ac", "{ address = 0x4109, value = 0 }", "{ address = 0x4109, value = 16 }", "failsafe.settings has to set the current that it falls to as 0, or failsafe.demands has to prove it: nothing may flow."),
    ("alfen-eve", "most = 5999", "most = 6000", "failsafe.demands of 'safe_current' has to be most = 5999 or less (mA): with 6 A or more the car charges on."),
    ("go-e", "failsafe = false", "failsafe = true", "failsafe it is a table [failsafe] that says what makes it so, or false where the device has none."),
    ("go-e", "failsafe = false", 'failsafe = { fed_by = "read", feed_s = 5, lapses_s = 15 }', "failsafe needs settings or demands that make it leave nothing flowing; a device without one says failsafe = false."),
    ("go-e", "on = 2\n", "on = 1\n", "switch on and off are both 1, so it could never switch off; they have to differ."),
    ("relay-coil", "coil = 0", "coil = 0\non = 0", "switch on and off are both 0, so it could never switch off; they have to differ."),
    ("go-e", "least_amps = 6", "least_amps = 33", "current least_amps 33 has to be at most most_amps, 32."),
    ("go-e", 'readback = "limit"', 'readback = "state"', "current.readback 'state' has to be a value in A or mA."),
    ("phoenix-charx", "address = 1301\nkind", "address = 1299\nkind", "current.readback 'limit' reads the register of the state; name the value that shows the current."),
    ("keba-p30", "stop_latency_s = 10", "stop_latency_s = 8", "stop_latency_s 8 is too short: write_interval_s 5, two times gap_ms 500 and 3 s for the car are 9 s."),
    ("relay-coil", "gap_ms = 60", "gap_ms = 1010", "stop_latency_s 2 is too short: write_interval_s 0, two times gap_ms 1010 and 0 s for the car are 2.02 s."),
]
# fmt: on


@pytest.mark.parametrize(("name", "right", "wrong", "sentence"), WRONG)
def test_a_wrong_profile_names_file_key_and_what_would_be_right(
    tmp_path: Path, name: str, right: str, wrong: str, sentence: str
) -> None:
    text = (RESOURCES / "chargers" / f"{name}.toml").read_text("utf-8")
    assert right in text
    path = tmp_path / f"{name}.toml"
    path.write_text(text.replace(right, wrong, 1), "utf-8")
    with pytest.raises(FaultError) as caught:
        read(path, ChargerProfile)
    assert caught.value.trouble.detail.startswith(f"The profile {name}.toml: ")
    assert sentence in caught.value.trouble.detail
