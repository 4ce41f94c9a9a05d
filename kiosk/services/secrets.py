"""Where a secret comes from: a systemd credential, then the keyring, then the environment. Never a file of ours."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from kiosk.domain.fault import Fault, FaultError, Trouble

NAMES = ("CLIENT_ID", "CLIENT_SECRET", "SUBSCRIPTION_KEY")


def secret(environment: str, name: str, environ: Mapping[str, str] = os.environ) -> str:
    """One of NAMES for `test` or `production`. Raises FaultError(VIPPS_KEYS) that says where it was looked for."""
    service = f"ladekiosk-{environment}"
    found = _credential(f"{service}.{name}", environ) or _from_keyring(service, name)
    found = found or environ.get(f"KIOSK_SECRET_{name}")
    if not found:
        text = (
            f"The Vipps secret {name} for {environment} was not found as systemd credential {service}.{name}, "
            f"in the keyring under {service}, or in KIOSK_SECRET_{name}. Store it with `keyring set {service} {name}`."
        )
        raise FaultError(Trouble(Fault.VIPPS_KEYS, text))
    return found.strip()


def _credential(name: str, environ: Mapping[str, str]) -> str | None:
    directory = environ.get("CREDENTIALS_DIRECTORY")
    path = Path(directory) / name if directory else None
    return path.read_text("utf-8") if path is not None and path.is_file() else None


def _from_keyring(service: str, name: str) -> str | None:
    """A headless machine has no keyring; that is no fault as long as another place has the secret.

    Asked in a process of its own: what talks to the desktop would stay in every running station, 12 MB of it.
    """
    command = [sys.executable, "-P", "-m", "keyring", "get", service, name]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own words only
    return answer.stdout if answer.returncode == 0 else None
