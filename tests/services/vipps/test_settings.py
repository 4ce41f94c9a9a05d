"""Environment, host and keys belong together, or nothing starts."""

from typing import Any

import pytest

from kiosk.domain.fault import Fault, FaultError
from kiosk.services.vipps import VippsSettings
from tests.services.vipps.script import real_settings

REAL = {
    "merchant_serial_number": "654321",
    "client_id": "fb492b5e-7907-4d83-ba20-c7fb60ca35de",
    "client_secret": "Y8Kteew6GE2ZmeycEt6egg==",
    "subscription_key": "0f14ebcab0ec4b29ae0cb90d91b4a84a",
}


def refusal(**changes: Any) -> str:
    with pytest.raises(FaultError) as caught:
        VippsSettings(**{**REAL, **changes})
    assert caught.value.trouble.fault is Fault.CONFIG_WRONG
    return str(caught.value)


def test_an_official_environment_knows_its_own_address() -> None:
    assert real_settings("test").base_url == "https://apitest.vipps.no"
    assert real_settings("production").base_url == "https://api.vipps.no"


@pytest.mark.parametrize(
    ("environment", "base_url"),
    [
        ("production", "https://apitest.vipps.no"),
        ("test", "https://api.vipps.no"),
        ("test", "https://api.vipps.no."),
        ("test", "https://API.vipps.no"),
        ("test", "https://apitest.vipps.no@evil.example"),
        ("production", "http://api.vipps.no"),
        ("production", "https://proxy.example"),
        ("test", "http://127.0.0.1:8080"),
    ],
)
def test_an_official_environment_takes_only_its_own_host(environment: str, base_url: str) -> None:
    assert "Leave base_url out" in refusal(environment=environment, base_url=base_url)


@pytest.mark.parametrize(
    "base_url", ["https://api.vipps.no", "https://apitest.vipps.no.", "https://API.VIPPS.NO:443", "https://vipps.no"]
)
def test_the_simulator_environment_never_reaches_vipps(base_url: str) -> None:
    with pytest.raises(FaultError, match="must never reach Vipps"):
        VippsSettings.simulator(base_url)


@pytest.mark.parametrize("base_url", ["http://10.0.0.5:8080", "http://sim.example", "http://127.0.0.1.example.com"])
def test_plain_http_never_leaves_the_machine(base_url: str) -> None:
    with pytest.raises(FaultError, match="plain http beyond this machine"):
        VippsSettings.simulator(base_url)


@pytest.mark.parametrize(
    "base_url", ["", "127.0.0.1:80", "ftp://127.0.0.1", "http://", "http://u:p@127.0.0.1", "http://[::1"]
)
def test_something_that_is_no_address_is_refused(base_url: str) -> None:
    with pytest.raises(FaultError, match="no address of a simulator"):
        VippsSettings.simulator(base_url)


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8080/", "http://localhost", "http://[::1]:9", "https://sim.example"]
)
def test_a_simulator_on_this_machine_or_behind_tls_is_fine(base_url: str) -> None:
    assert VippsSettings.simulator(base_url).base_url == base_url.rstrip("/")


def test_real_keys_never_go_to_a_simulator_and_toy_keys_never_to_vipps() -> None:
    assert "only its own fixed keys" in refusal(environment="simulator", base_url="http://127.0.0.1:1")
    assert "Store the real ones" in refusal(environment="test", client_secret="simulator-secret")


@pytest.mark.parametrize("key", ["", " padded", "two\nlines", "blåbær"])
def test_a_key_that_cannot_stand_in_a_header_is_refused_without_being_shown(key: str) -> None:
    text = refusal(environment="test", client_secret=key)

    assert "Store it again" in text
    assert not key or key not in text


@pytest.mark.parametrize("number", ["", "123", "12345678", "12 34", "abcd"])
def test_a_merchant_serial_number_is_four_to_seven_digits(number: str) -> None:
    assert "four to seven digits" in refusal(environment="test", merchant_serial_number=number)


def test_order_management_is_missing_only_in_the_test_environment() -> None:
    found = [VippsSettings.simulator("http://127.0.0.1:1"), real_settings("test"), real_settings("production")]

    assert [one.has_order_management for one in found] == [True, False, True]


def test_system_headers_are_short_or_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = real_settings()
    assert settings.system_headers["Vipps-System-Name"] == "ladekiosk"
    monkeypatch.setattr("kiosk.services.vipps.settings.version", lambda _: "1.2.3+" + "x" * 60)
    assert len(settings.system_headers["Vipps-System-Version"]) == 30
    monkeypatch.setattr("kiosk.services.vipps.settings.version", lambda _: "")
    assert "Vipps-System-Version" not in settings.system_headers


def test_no_repr_of_settings_shows_a_key() -> None:
    shown = f"{real_settings()!r} {real_settings()} {real_settings().keys} {vars(real_settings())}"

    for secret in ("fb492b5e", "Y8Kteew6", "0f14ebca"):
        assert secret not in shown
    assert "654321" in shown
