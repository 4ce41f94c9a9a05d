"""Where a secret is looked for, in which order, and what is said when nobody has it."""

from pathlib import Path

import pytest

from kiosk.config import Settings, load
from kiosk.domain.fault import Fault, FaultError
from kiosk.services.secrets import NAMES, secret
from kiosk.services.vipps import VippsSettings

README = Path(__file__).parents[2] / "README.md"


BACKEND = """
from pathlib import Path
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

class Drawer(KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        file = Path(__file__).with_name(f"{service}.{username}")
        if Path(__file__).with_name("locked").exists():
            raise KeyringLocked("locked")
        return file.read_text("utf-8") if file.exists() else None

    def set_password(self, service, username, password): ...
    def delete_password(self, service, username): ...
"""


class Drawer:
    """A keyring of this test's own, in a folder; empty at first."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder.mkdir()
        self._folder = folder
        (folder / "drawer.py").write_text(BACKEND, "utf-8")
        monkeypatch.setenv("PYTHONPATH", str(folder))
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "drawer.Drawer")

    def keep(self, service: str, name: str, text: str) -> None:
        (self._folder / f"{service}.{name}").write_text(text, "utf-8")

    def lock(self) -> None:
        (self._folder / "locked").touch()


@pytest.fixture
def drawer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drawer:
    return Drawer(tmp_path / "drawer", monkeypatch)


def credentials(folder: Path, name: str, text: str) -> dict[str, str]:
    (folder / f"ladekiosk-test.{name}").write_text(text, "utf-8")
    return {"CREDENTIALS_DIRECTORY": str(folder)}


def test_a_credential_goes_before_the_keyring_and_the_keyring_before_the_environment(
    drawer: Drawer, tmp_path: Path
) -> None:
    environ = {"KIOSK_SECRET_CLIENT_ID": "from the environment"}
    assert secret("test", "CLIENT_ID", environ) == "from the environment"
    drawer.keep("ladekiosk-test", "CLIENT_ID", "from the keyring")
    assert secret("test", "CLIENT_ID", environ) == "from the keyring"
    environ |= credentials(tmp_path, "CLIENT_ID", "from systemd")
    assert secret("test", "CLIENT_ID", environ) == "from systemd"


def test_the_keys_of_test_never_serve_production(drawer: Drawer, tmp_path: Path) -> None:
    drawer.keep("ladekiosk-test", "CLIENT_ID", "test")
    with pytest.raises(FaultError):
        secret("production", "CLIENT_ID", credentials(tmp_path, "CLIENT_ID", "test"))


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_secret_names_all_three_places_and_the_command_that_mends_it(drawer: Drawer, name: str) -> None:
    with pytest.raises(FaultError) as raised:
        secret("test", name, {"CREDENTIALS_DIRECTORY": "/nowhere", f"KIOSK_SECRET_{name}": ""})
    trouble = raised.value.trouble
    assert trouble.fault is Fault.VIPPS_KEYS
    for place in (f"systemd credential ladekiosk-test.{name}", "keyring under ladekiosk-test", f"KIOSK_SECRET_{name}"):
        assert place in trouble.detail
    assert f"`keyring set ladekiosk-test {name}`" in trouble.detail


def test_a_locked_keyring_is_no_fault_where_another_place_has_the_secret(drawer: Drawer) -> None:
    drawer.keep("ladekiosk-test", "CLIENT_ID", "from the keyring")
    drawer.lock()
    assert secret("test", "CLIENT_ID", {"KIOSK_SECRET_CLIENT_ID": "abc"}) == "abc"


def test_a_machine_without_a_keyring_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    assert secret("test", "CLIENT_ID", {"KIOSK_SECRET_CLIENT_ID": "abc"}) == "abc"


def test_the_line_end_of_a_credential_is_no_part_of_it(drawer: Drawer, tmp_path: Path) -> None:
    assert secret("test", "CLIENT_SECRET", credentials(tmp_path, "CLIENT_SECRET", "abc\n")) == "abc"


def test_what_holds_secrets_does_not_print_them(tmp_path: Path) -> None:
    shown = VippsSettings(
        environment="test",
        merchant_serial_number="123456",
        client_id="id-e3b0c442",
        client_secret="secret-98fc1c14",
        subscription_key="key-9afbf4c8",
    )
    for text in (repr(shown), str(shown), f"{shown}"):
        assert "123456" in text
        assert "secret-98fc1c14" not in text
        assert "key-9afbf4c8" not in text


def test_the_settings_have_no_place_for_a_secret(tmp_path: Path) -> None:
    toml = README.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    path = tmp_path / "kiosk.toml"
    path.write_text(toml.replace("[vipps]\n", '[vipps]\nclient_secret = "abc"\n'), "utf-8")
    with pytest.raises(FaultError, match="client_secret is not a key"):
        load(path, {})
    path.write_text(toml, "utf-8")
    assert isinstance(load(path, {}), Settings)
