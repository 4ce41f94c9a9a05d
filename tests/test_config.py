"""kiosk.toml: what is right is read exactly, what is wrong is one sentence that names the key."""

from pathlib import Path

import pytest

from kiosk.config import Settings, load
from kiosk.domain.fault import Fault, FaultError
from kiosk.domain.money import Currency, Money

RIGHT = Path(__file__).parents[1] / "docs" / "simulator.toml"


def settings(tmp_path: Path, old: str = "", new: str = "", environ: dict[str, str] | None = None) -> Settings:
    text = RIGHT.read_text("utf-8")
    assert old in text
    path = tmp_path / "kiosk.toml"
    path.write_text(text.replace(old, new, 1) if old else text, "utf-8")
    return load(path, environ or {})


def test_the_example_is_read_to_the_ore(tmp_path: Path) -> None:
    found = settings(tmp_path)
    tariff = found.tariff.build()
    assert (tariff.currency, tariff.energy_e4, tariff.vat_bp) == (Currency.NOK, 49_000, 2500)
    assert tariff.idle is not None
    assert (tariff.idle.price_e4, tariff.idle.grace_s, tariff.idle.cap_minor) == (5_000, 900, 12_000)
    assert found.tariff.money(found.tariff.preferred_hold) == Money(350_00, Currency.NOK)
    assert found.station[0].amps == 32


def test_the_environment_overrides_a_key(tmp_path: Path) -> None:
    found = settings(tmp_path, environ={"KIOSK_VIPPS__BASE_URL": "http://127.0.0.1:9", "KIOSK_TARIFF__ENERGY": "5.10"})
    assert found.vipps.base_url == "http://127.0.0.1:9"
    assert found.tariff.energy == 51_000


def test_a_station_cannot_be_changed_by_the_environment_because_there_may_be_several(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match=r"KIOSK_STATION__ID cannot be set: \[\[station\]\]"):
        settings(tmp_path, environ={"KIOSK_STATION__ID": "NO-SND-009"})


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('energy = "4.90"', 'energy = "4,90"', "[tariff] energy '4,90' is no price"),
        ('energy = "4.90"', "energy = 4.90", "[tariff] energy 4.9 is no price; write it in quotes"),
        ('energy = "4.90"', 'energy = "-4.90"', "[tariff] energy '-4.90' is no price"),
        ('energy = "4.90"', 'energy = "0"', "energy, minute and session has to cost something"),
        (
            'energy = "4.90"',
            'energy = "4.90"\nsession = "150"',
            "cover the session fee and one kWh, which is 154.90 NOK",
        ),
        ('energy = "4.90"', 'enrgy = "4.90"', "[tariff] energy is missing"),
        ('name = "Lader 3"', 'name = "Lader 3"\ncolour = "red"', "colour is not a key that this kiosk knows"),
        ('environment = "simulator"', 'environment = "prod"', "'simulator', 'test' or 'production'"),
        ("rated_power_w = 22000", "rated_power_w = 22", "[station] 0 rated_power_w 22 is wrong"),
        ('id = "NO-SND-003"', 'id = "NO*SND*003"', "[station] 0 id 'NO*SND*003' is wrong"),
        ("[journal]", "[journal", "is not valid TOML"),
        ('name = "Sandvika stasjon"\n', "", "[site] name is missing"),
        ("[site]", 'preferred_hold = "1"\n[site]', "preferred_hold has to be one of holds"),
        ("[site]", 'holds = ["0.50"]\npreferred_hold = "0.50"\n[site]', "every hold has to be at least 1.00 NOK"),
        ("[site]", "holds = [100.5]\n[site]", "100.5 is no amount; write it in quotes"),
        ('help_phone = "22 00 00 00"', 'help_phone = "22 00 00 00"\ntimezone = "Mars/X"', "'Mars/X' is no time zone"),
        (
            'help_phone = "22 00 00 00"',
            'help_phone = "22 00 00 00"\nlanguage = "xx"',
            "'xx' is no language of this kiosk",
        ),
        ("amps = 32", 'amps = 32, waiver = "yes"', "'yes' names nobody; write who allows it, such as 'Kari Nordmann"),
        ("amps = 32", "amps = 200", "[station] 0 controller amps 200 is wrong"),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(FaultError) as raised:
        settings(tmp_path, old, new)
    assert raised.value.trouble.fault is Fault.CONFIG_WRONG
    assert words in raised.value.trouble.detail
    assert "\n" not in raised.value.trouble.detail
    assert "kiosk.toml" in raised.value.trouble.detail


def test_two_stations_cannot_share_an_id(tmp_path: Path) -> None:
    text = RIGHT.read_text("utf-8")
    path = tmp_path / "kiosk.toml"
    path.write_text(text + text[text.index("[[station]]") :], "utf-8")
    with pytest.raises(FaultError, match="NO-SND-003 stands more than once"):
        load(path, {})


def test_two_stations_cannot_share_a_meter(tmp_path: Path) -> None:
    """The same energy would be billed twice."""
    text = RIGHT.read_text("utf-8")
    second = text[text.index("[[station]]") :].replace("NO-SND-003", "NO-SND-004")
    path = tmp_path / "kiosk.toml"
    path.write_text(text + second, "utf-8")
    with pytest.raises(FaultError, match="the same meter url"):
        load(path, {})
    path.write_text(text + second.replace(":8502", ":8602"), "utf-8")
    with pytest.raises(FaultError, match="the same controller url"):
        load(path, {})


def test_a_fast_clock_is_only_for_simulators(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="only allowed with"):
        settings(tmp_path, 'environment = "simulator"', 'environment = "test"', {"KIOSK_SIMULATOR__SINCE_UTC_MS": "1"})


def test_no_file_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="--config or KIOSK_CONFIG"):
        load(tmp_path / "none.toml", {})


def test_a_file_that_is_no_text_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FaultError, match="UTF-8"):
        load(path, {})
