"""Every row of every profile against its datasheet vector, and a sentence for each way a profile can be wrong."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kiosk import RESOURCES
from kiosk.domain.fault import Fault, FaultError
from kiosk.services.charger.profile import ChargerProfile
from kiosk.services.meter.profile import MeterProfile
from kiosk.services.modbus.catalogue import load, profile_ids, read
from kiosk.services.modbus.profile import Profile, Value

METERS = ("abb-b23", "carlo-gavazzi-em340", "eastron-sdm630", "sunspec-203")
CHARGERS = ("keba-p30", "phoenix-em-cp-pp-eth", "relay-coil")
SHAPES: dict[str, type[MeterProfile] | type[ChargerProfile]] = {"meters": MeterProfile, "chargers": ChargerProfile}
PROFILES: dict[str, Profile] = {
    name: load(folder, name, shape) for folder, shape in SHAPES.items() for name in profile_ids(folder)
}
ROWS = [(name, key) for name, profile in PROFILES.items() for key in profile.values]


def test_the_walk_saw_every_profile() -> None:
    assert tuple(profile_ids("meters")) == METERS
    assert tuple(profile_ids("chargers")) == CHARGERS
    assert len(ROWS) >= 30


@pytest.mark.parametrize(("name", "key"), ROWS)
def test_each_value_means_what_its_vector_says(name: str, key: str) -> None:
    value = PROFILES[name].values[key]
    if value.kind == "str":
        assert value.text(value.vector.words) == value.vector.equals
    else:
        assert value.number(value.vector.words, signed(value)) == Decimal(value.vector.equals)


@pytest.mark.parametrize(("name", "key"), ROWS)
def test_each_missing_mark_is_no_value(name: str, key: str) -> None:
    value = PROFILES[name].values[key]
    for words in value.missing:
        assert value.text(words) is None
        assert value.kind == "str" or value.number(words, signed(value)) is None


@pytest.mark.parametrize("name", METERS)
def test_the_other_word_order_cannot_pass_for_a_voltage(name: str) -> None:
    profile = PROFILES[name]
    assert isinstance(profile, MeterProfile)
    for key in profile.voltage.values:
        value = profile.values[key]
        swapped = value.model_copy(update={"order": "lsw" if value.order == "msw" else "msw"})
        volts = swapped.number(value.vector.words, signed(value))
        alike = value.width == 1
        assert alike or volts is None or not profile.voltage.least <= volts <= profile.voltage.most


@pytest.mark.parametrize("name", METERS)
def test_the_resolution_is_the_last_digit_of_the_register(name: str) -> None:
    profile = PROFILES[name]
    assert isinstance(profile, MeterProfile)
    for way in profile.energy:
        finest_wh = min(profile.values[key].step(profile.values[key].vector.words) for key in way.sum)
        assert finest_wh <= way.resolution_wh


def test_a_scale_factor_that_is_missing_is_no_value() -> None:
    assert PROFILES["sunspec-203"].values["import"].number([0x0012, 0xD687], -0x8000) is None


def signed(value: Value) -> int | None:
    if value.vector.exponent is None:
        return None
    word = value.vector.exponent[0]
    return word - 0x10000 if word & 0x8000 else word


# The catalogue.


def test_an_unknown_name_gets_the_nearest_match_and_all_that_there_are() -> None:
    with pytest.raises(FaultError) as caught:
        load("meters", "eastron-sdm360", MeterProfile)
    assert caught.value.trouble.fault is Fault.CONFIG_WRONG
    assert caught.value.trouble.detail == (
        "There is no profile 'eastron-sdm360' for meters. Did you mean 'eastron-sdm630'? "
        "There are: abb-b23, carlo-gavazzi-em340, eastron-sdm630, sunspec-203."
    )


def test_a_name_cannot_leave_the_folder() -> None:
    with pytest.raises(FaultError, match="There is no profile"):
        load("meters", "../chargers/keba-p30", MeterProfile)


SDM630 = RESOURCES / "meters" / "eastron-sdm630.toml"


# fmt: off
WRONG = [
    ('unit = "kWh"', 'unit = "kwh"', "values.import.unit 'kwh' is wrong: input should be '', 'Wh', 'kWh'"),
    ('unit = "kWh"', "scale = 0.001", "values.import.scale 0.001 is not exact; write a whole number, or a decimal in quotes such as '0.01'."),
    ('unit = "kWh"', 'skale = "1"', "values.import.skale is not a key that a profile has; check its spelling."),
    ('grade = "A"', "", "grade is missing."),
    ("address = 0x48\nkind", "address = 0x4C\nkind", "value 'import' does not lie inside its block 'energy'."),
    ('block = "energy"', 'block = "enregy"', "value 'import' names block 'enregy'; there are: voltages, power"),
    ("address = 0x48, count = 4", "address = 0x48, count = 90", "block 'energy' is longer than count_max, 80."),
    ('sum = ["import"]', 'sum = ["total"]', "there is no value 'total'; there are: import"),
    ('words = "4640 E6B6"', 'words = "4640"', "values.import missing and vector of kind 'f32' have to be 2 words long."),
    ('words = "4640 E6B6"', 'words = "4640 xyz"', "values.import.vector.words '4640 xyz' are no registers"),
    ("timeout_ms = 1500", "timeout_ms = 10", "line.timeout_ms 10 is wrong: input should be greater than or equal to 100."),
    ('id = "eastron-sdm630"', 'id = "sdm"', "has id 'sdm'; it has to be the name of its file."),
    ("[line]", "[line", "cannot be read:"),
]
# fmt: on


@pytest.mark.parametrize(("old", "new", "sentence"), WRONG)
def test_a_wrong_profile_names_file_key_and_what_would_be_right(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    text = SDM630.read_text("utf-8")
    assert old in text
    path = tmp_path / SDM630.name
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(FaultError) as caught:
        read(path, MeterProfile)
    assert caught.value.trouble.detail.startswith("The profile eastron-sdm630.toml")
    assert sentence in caught.value.trouble.detail


def test_a_controller_is_fed_in_time_or_its_profile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keba-p30.toml"
    text = (RESOURCES / "chargers" / "keba-p30.toml").read_text("utf-8")
    path.write_text(text.replace("feed_s = 20", "feed_s = 31"), "utf-8")
    with pytest.raises(FaultError, match=r"failsafe feed_s has to be at most half of lapses_s"):
        read(path, ChargerProfile)


def test_a_profile_is_data_that_nobody_changes() -> None:
    fixed: Any = PROFILES["keba-p30"]
    with pytest.raises(ValueError, match="frozen"):
        fixed.name = "else"
