"""Every row of every profile against its datasheet vector, and a sentence for each way a profile can be wrong."""

import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from kiosk import RESOURCES
from kiosk.domain.fault import Fault, FaultError
from kiosk.services.charger.profile import ChargerProfile
from kiosk.services.meter.profile import MeterProfile
from kiosk.services.modbus.catalogue import load, profile_ids, read
from kiosk.services.modbus.complaint import models_in
from kiosk.services.modbus.profile import Profile, Value
from kiosk.sim.meter import MAKES

ROOT = Path(__file__).parents[3]
# The meters that ship: each has a toy in kiosk/sim and its line in PAPERS. A file that somebody adds needs neither.
METERS = (
    "abb-b21",
    "abb-b23",
    "abb-b24",
    "carlo-gavazzi-em24-din",
    "carlo-gavazzi-em24-e1",
    "carlo-gavazzi-em340",
    "eastron-sdm120",
    "eastron-sdm630",
    "eastron-sdm72d-m-v2",
    "garo-gnm3d",
    "inepro-pro380",
    "janitza-umg96rm",
    "orno-we-514",
    "orno-we-515",
    "orno-we-516",
    "orno-we-517",
    "schneider-iem3155",
    "schneider-iem3255",
    "siemens-pac2200",
    "sunspec-201",
    "sunspec-202",
    "sunspec-203",
    "sunspec-204",
    "sunspec-211",
    "sunspec-212",
    "sunspec-213",
    "sunspec-214",
)
SHAPES: dict[str, type[MeterProfile] | type[ChargerProfile]] = {"meters": MeterProfile, "chargers": ChargerProfile}
FILES = [(folder, name) for folder in SHAPES for name in profile_ids(folder)]
PROFILES: dict[str, Profile] = {}
for folder, name in FILES:
    with suppress(FaultError):  # test_each_file_can_be_read says what is wrong with it
        PROFILES[name] = load(folder, name, SHAPES[folder])
ALL_METERS = [name for name, profile in PROFILES.items() if isinstance(profile, MeterProfile)]
ROWS = [(name, key) for name, profile in PROFILES.items() for key in profile.values]


def test_the_walk_saw_every_profile() -> None:
    assert set(METERS) <= set(ALL_METERS)
    assert len(ROWS) >= 30


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_each_file_can_be_read(folder: str, name: str) -> None:
    said = ""
    try:
        load(folder, name, SHAPES[folder])
    except FaultError as error:
        said = error.trouble.detail
    if said:
        pytest.fail(said, pytrace=False)


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


@pytest.mark.parametrize("name", ALL_METERS)
def test_the_other_word_order_cannot_pass_for_a_voltage(name: str) -> None:
    profile = PROFILES[name]
    assert isinstance(profile, MeterProfile)
    for key in profile.voltage.values:
        value = profile.values[key]
        swapped = value.model_copy(update={"order": "lsw" if value.order == "msw" else "msw"})
        volts = swapped.number(value.vector.words, signed(value))
        alike = value.width == 1
        assert alike or volts is None or not profile.voltage.least <= volts <= profile.voltage.most


@pytest.mark.parametrize("name", ALL_METERS)
def test_the_resolution_is_the_last_digit_of_the_register(name: str) -> None:
    profile = PROFILES[name]
    assert isinstance(profile, MeterProfile)
    for way in profile.energy:
        finest_wh = min(profile.values[key].step(profile.values[key].vector.words) for key in way.sum)
        assert finest_wh <= way.resolution_wh


@pytest.mark.parametrize("name", ALL_METERS)
def test_each_file_says_itself_who_it_is_and_how_well_that_is_proven(name: str) -> None:
    profile = PROFILES[name]
    assert isinstance(profile, MeterProfile)
    own = tomllib.loads((RESOURCES / "meters" / f"{name}.toml").read_text("utf-8"))
    assert {"id", "name", "source", "grade"} <= own.keys()
    assert own["id"] == name
    assert all(profile.source_of(key) and profile.grade_of(key) in "ABC" for key in profile.values)
    assert profile.experimental or "C" not in {profile.grade_of(key) for key in profile.values}


@pytest.mark.parametrize("name", PROFILES)
def test_no_request_is_longer_than_the_device_allows(name: str) -> None:
    profile = PROFILES[name]
    assert max(block.count for block in profile.blocks.values()) <= profile.count_max


@pytest.mark.parametrize("name", METERS)
def test_only_the_total_import_is_billed_and_what_looks_like_it_is_named(name: str) -> None:
    profile = PROFILES[name]
    assert isinstance(profile, MeterProfile)
    billed = {part for way in profile.energy for part in way.sum}
    right = {"import", "import_tariff_1", "import_tariff_2", "import_kilowatt_hours", "import_watt_hours"}
    assert billed <= right or (profile.experimental and billed == {"total"}), "the Orno WE-514 has but one register"
    assert all(profile.values[part].unit in ("Wh", "kWh") for part in billed)
    assert profile.never_billed


# Register for register from the papers, in one line each: what is billed, where, and as what. A slip of a digit in a
# profile is a bill for another register, and its own vector would not notice.
# fmt: off
PAPERS = {
    "abb-b21":                "3 0x5000 u64 msw 0.01 kWh",
    "abb-b23":                "3 0x5000 u64 msw 0.01 kWh",
    "abb-b24":                "3 0x5000 u64 msw 0.01 kWh",
    "carlo-gavazzi-em24-din": "4 0x3e i32 lsw 0.1 kWh",
    "carlo-gavazzi-em24-e1":  "3 0x34 i32 lsw 0.1 kWh",
    "carlo-gavazzi-em340":    "4 0x400 i32 lsw 1 kWh + 4 0x402 i32 lsw 0.001 kWh, 4 0x34 i32 lsw 0.1 kWh",
    "eastron-sdm120":         "4 0x48 f32 msw 1 kWh",
    "eastron-sdm630":         "4 0x48 f32 msw 1 kWh",
    "eastron-sdm72d-m-v2":    "4 0x48 f32 msw 1 kWh",
    "garo-gnm3d":             "4 0x400 i32 lsw 1 kWh + 4 0x402 i32 lsw 0.001 kWh, 4 0x34 i32 lsw 0.1 kWh",
    "inepro-pro380":          "3 0x600c f32 msw 1 kWh",
    "janitza-umg96rm":        "3 0x4a7c f32 msw 1 Wh",
    "orno-we-514":            "3 0xa000 u32 msw 0.01 kWh",
    "orno-we-515":            "3 0xa000 u32 msw 0.01 kWh",
    "orno-we-516":            "3 0x108 f32 msw 1 kWh",
    "orno-we-517":            "3 0x108 f32 msw 1 kWh",
    "schneider-iem3155":      "3 0xc83 i64 msw 1 Wh",
    "schneider-iem3255":      "3 0xc83 i64 msw 1 Wh",
    "siemens-pac2200":        "3 0x321 f64 msw 1 Wh + 3 0x325 f64 msw 1 Wh",
    **dict.fromkeys(("sunspec-201", "sunspec-202", "sunspec-203", "sunspec-204"), "3 0x2e u32 msw 1 Wh x 10^0x36"),
    **dict.fromkeys(("sunspec-211", "sunspec-212", "sunspec-213", "sunspec-214"), "3 0x44 f32 msw 1 Wh"),
}
# fmt: on


@pytest.mark.parametrize("name", METERS)
def test_the_billing_register_is_the_papers(name: str) -> None:
    profile = PROFILES[name]
    assert isinstance(profile, MeterProfile)

    def said(part: str) -> str:
        value = profile.values[part]
        function = profile.blocks[value.block].function
        exponent = f" x 10^{value.exponent_address:#x}" if value.exponent_address is not None else ""
        return f"{function} {value.address:#x} {value.kind} {value.order} {value.scale} {value.unit}{exponent}"

    assert ", ".join(" + ".join(map(said, way.sum)) for way in profile.energy) == PAPERS[name]


@pytest.mark.parametrize("name", METERS)
def test_every_meter_that_ships_has_a_toy(name: str) -> None:
    assert name in MAKES


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
        f"There are: {', '.join(profile_ids('meters'))}."
    )


def test_a_name_that_is_near_to_none_gets_no_guess_but_all_that_there_are() -> None:
    with pytest.raises(FaultError) as caught:
        load("meters", "nope", MeterProfile)
    assert caught.value.trouble.detail.startswith("There is no profile 'nope' for meters. There are: abb-b21, ")


def test_a_name_cannot_leave_the_folder() -> None:
    with pytest.raises(FaultError, match="There is no profile"):
        load("meters", "../chargers/keba-p30", MeterProfile)


SDM630 = RESOURCES / "meters" / "eastron-sdm630.toml"


# fmt: off
WRONG = [
    ('unit = "kWh"', 'unit = "kwh"', "values.import.unit 'kwh' is wrong (did you mean 'kWh'?): it has to be '', 'Wh', 'kWh'"),
    ('unit = "kWh"', "scale = 0.001", "values.import.scale 0.001 is not exact; write a whole number, or a decimal in quotes such as '0.01'."),
    ('unit = "kWh"', 'skale = "1"', "values.import.skale is not a key here (did you mean 'scale'?); there are: address, block, exponent_address, grade,"),
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
    ("baud = 9600", "buad = 9600", "line.buad is not a key here (did you mean 'baud'?); there are: baud, connect_delay_ms, doubt,"),
    ("power = \"power\"", "pwoer = \"power\"", "power is missing."),
    ("[blocks]", "[block]", "blocks is missing."),
    ("count = 4 }", "cuont = 4 }", "blocks.energy.count is missing."),
    ("count = 4 }", "count = 4, words = 4 }", "blocks.energy.words is not a key here; there are: address, count, function, model, unit."),
    ("optional = true", "optionl = true", "precondition.0.optionl is not a key here (did you mean 'optional'?); there are: least, most, one_of,"),
    ('one_of = ["0"]', "", "precondition.0 a check has either one_of, or least and maybe most."),
    ('sum = ["import"]', 'sum = ["import", "power"]', "energy sums import and power from several blocks; read apart they tear."),
    ('0x4A = "the export"', '0x49 = "the export"', "energy counts 'import' at 0x49, which is never billed: the export."),
    ('0x4A = "the export"', 'x4A = "the export"', "never_billed.x4A 'x4A' is no register; write an address such as 0x156 or 342."),
    ('grade = "B"', 'grade = "C"', "value 'unit_prefix' is of grade C; write experimental = true, and the doubt."),
    ('grade = "A"', 'grade = "A"\nexperimental = true', "experimental = true and a doubt belong together: what has to be proven"),
    ('sum = ["import"]', 'sum = ["import", "import"]', "energy counts the register 0x48 twice, in 'import' and 'import'; name each register once in a sum."),
    ('sum = ["import"]', 'sum = ["power"]', "energy counts 'power', a value in W; write the value that is in Wh or kWh."),
    ('sum = ["import"]', 'sum = ["voltage_l1"]', "energy counts 'voltage_l1', a value in V; write the value that is in Wh or kWh."),
    ('unit = "kWh"\nvector = { words = "4640 E6B6", equals = "12345677.734375" }', 'vector = { words = "4640 E6B6", equals = "12345.677734375" }', "energy counts 'import', a value without unit; write the value that is in Wh or kWh."),
    ('energy = [{ sum = ["import"], resolution_wh = 1 }]', 'energy = [{ sum = ["import"], resolution_wh = 1 }, { sum = ["import"], resolution_wh = 10 }]', "energy.1 reads the same registers as energy.0; delete one, or name other values."),
    ('power = "power"', 'power = "import"', "power is 'import', a value in kWh; write the value that is in W or kW."),
    ('values = ["voltage_l1",', 'values = ["power",', "voltage is 'power', a value in W; write the value that is in V."),
    ('"voltage_l3"] }', '"voltage_l3"], least = 300, most = 50 }', "voltage least 300 is above most 50; no voltage lies between."),
    ('one_of = ["0"]', "least = 6500\nmost = 4500", "precondition.0 least 6500 is above most 4500; no value lies between."),
    ('unit = "kWh"', 'unit = "kWh"\nscale = "0"', "values.import scale 0 has to be above 0; write what one count of the register is worth."),
    ('unit = "kWh"', 'unit = "kWh"\nscale = "-1"', "values.import scale -1 has to be above 0; write what one count of the register is worth."),
    ('unit = "kWh"', 'unit = "Wh"', "values.import vector 4640 E6B6 means 12345.677734375, and not 12345677.734375; mend kind, order, unit or scale, or"),
    ('unit = "kWh"', 'unit = "kWh"\norder = "lsw"', "values.import vector 4640 E6B6 means -"),
    ('words = "4640 E6B6"', 'words = "7FC0 0000"', "values.import vector 7FC0 0000 means no value, and not 12345677.734375;"),
    ('words = "0140 EC29", equals = "21031977"', 'words = "0140 EC29", equals = "KX21"', "values.serial_number 'KX21' is no number; write a decimal"),
    ('kind = "u32"', 'kind = "str"\nregisters = 2\nunit = "Wh"', "values.serial_number is text and has no unit; delete unit 'Wh', or write the kind of a number."),
    ("address = 0x48\nkind", 'address = "0x48"\nkind', "values.import.address '0x48' is text; write it without quotes, 0x48."),
    ("timeout_ms = 1500", 'timeout_ms = "1500 ms"', "line.timeout_ms '1500 ms' is wrong: input should be a valid integer"),
    ('energy = [{ sum = ["import"], resolution_wh = 1 }]', 'energy = { sum = ["import"], resolution_wh = 1 }', "energy is one table and has to be a list of them; write [[energy]], or energy = [{ ... }]."),
    ("[[precondition]]", "[precondition]", "precondition is one table and has to be a list of them; write [[precondition]], or"),
    ('sum = ["import"]', 'sum = "import"', "energy.0.sum 'import' is wrong: it has to be a list; write it in brackets, [\"import\"]."),
    ("[line]", "[[line]]", "line is a list and has to be one table; write [line] with single brackets."),
    ("[blocks]", "[[blocks]]", "blocks is a list and has to be one table; write [blocks] with single brackets."),
    ("baud = 9600", "baud = 9600\nbaud = 2400", "Each key and each table stands in a file once: delete or merge the second."),
    ("[values.power]", "[values.import]", "Each key and each table stands in a file once: delete or merge the second."),
    ("count = 4 }", "count = 4, count = 4 }", "Each key and each table stands in a file once: delete or merge the second."),
    ('grade = "A"', 'grade = "D"', "grade 'D' is wrong: it has to be 'A', 'B' or 'C'."),
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


# One like another.


BASE = 'id = "base"\n' + SDM630.read_text("utf-8").split("\n", 2)[2]
LIKE = 'id = "twin"\nlike = "base"\nname = "Twin"\nsource = "a paper of the twin"\ngrade = "B"\n'


def twin(folder: Path, text: str, base: str = BASE) -> MeterProfile:
    (folder / "base.toml").write_text(base, "utf-8")
    (folder / "twin.toml").write_text(text, "utf-8")
    return read(folder / "twin.toml", MeterProfile)


def test_what_a_file_does_not_say_is_as_in_the_one_that_it_is_like(tmp_path: Path) -> None:
    more = 'count_max = 6\n[line]\nbaud = 2400\n[values.import]\nscale = "0.1"\nvector.equals = "1234567.7734375"\n[never_billed]\n0x180 = "a partial"\n'
    profile = twin(tmp_path, LIKE + more)
    assert (profile.id, profile.name, profile.grade, profile.count_max) == ("twin", "Twin", "B", 6)
    assert (profile.line.baud, profile.line.timeout_ms) == (2400, 1500)
    assert (profile.values["import"].scale, profile.values["import"].address) == (Decimal("0.1"), 0x48)
    assert set(profile.never_billed) == {0x4A, 0x156, 0x180}


# fmt: off
WRONG_LIKE = [
    (LIKE.replace('grade = "B"\n', ""), BASE, "twin.toml: grade is missing."),
    (LIKE.replace('source = "a paper of the twin"\n', ""), BASE, "twin.toml: source is missing."),
    (LIKE.replace('"base"', '"bsae"'), BASE, "twin.toml: like 'bsae' is no other profile in this folder. Did you mean 'base'?"),
    (LIKE.replace('"base"', '"twin"'), BASE, "twin.toml: like 'twin' is no other profile in this folder."),
    (LIKE, BASE.replace('kind = "f32"', 'kind = "f23"', 1), "base.toml: values.import.kind 'f23' is wrong (did you mean 'f32'?)"),
    (LIKE + "[line]\nbuad = 9600\n", BASE, "twin.toml: line.buad is not a key here (did you mean 'baud'?)"),
    (LIKE + "line = 3\n", BASE, "twin.toml: line 3 is wrong"),
]
# fmt: on


@pytest.mark.parametrize(("text", "base", "sentence"), WRONG_LIKE)
def test_a_wrong_like_names_the_file_where_it_is_wrong(tmp_path: Path, text: str, base: str, sentence: str) -> None:
    with pytest.raises(FaultError) as caught:
        twin(tmp_path, text, base)
    assert caught.value.trouble.detail.startswith("The profile ")
    assert sentence in caught.value.trouble.detail


def test_a_file_cannot_be_like_one_that_is_itself_like_another(tmp_path: Path) -> None:
    (tmp_path / "third.toml").write_text(
        LIKE.replace('id = "twin"', 'id = "third"').replace('"base"', '"twin"'), "utf-8"
    )
    twin(tmp_path, LIKE)
    with pytest.raises(FaultError, match=r"third.toml: like 'twin' is itself like 'base'; name that one."):
        read(tmp_path / "third.toml", MeterProfile)


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


# The paper for technicians.


def shapes(shape: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield shape
    for field in shape.model_fields.values():
        for part in models_in(field.annotation):
            yield from shapes(part)


def test_every_key_of_a_meter_is_explained() -> None:
    paper = (ROOT / "docs" / "add-a-meter.md").read_text("utf-8")
    told = set(re.findall(r"`(\w+)`", paper))
    keys = {key for shape in shapes(MeterProfile) for key in shape.model_fields} - {"line", "blocks", "values"}
    assert len(keys) > 40
    assert keys - {"identity", "precondition"} - told == set()
    assert "[[identity]]" in paper
    assert "[[precondition]]" in paper
    assert all((RESOURCES / "meters" / name).is_file() for name in re.findall(r"`([\w-]+-[\w-]+\.toml)`", paper))
