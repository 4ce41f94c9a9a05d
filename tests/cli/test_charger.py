"""`kiosk charger` by hand: what it says when it is broken off, and of what nobody has proven."""

import signal
import socket
import subprocess
import sys

import pytest

from tests.cli.running import ROOT, kiosk, serving


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("words", [["enable", "--amps", "6"], ["disable"]])
def test_a_switch_that_is_broken_off_says_that_the_contactor_may_be_closed(
    words: list[str], number: signal.Signals
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        url = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "kiosk", "charger", *words, "--profile", "keba-p30", "--url", url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
            device, _ = silent.accept()
            with device:
                assert device.recv(1), "its first request is out"
                process.send_signal(number)
                out, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert out == ""
    opens = f"kiosk charger disable --profile keba-p30 --url '{url}'"
    assert err == f"Broken off: the contactor may be closed. To open it: {opens}\n"


def test_a_look_that_is_broken_off_has_switched_nothing_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        url = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "kiosk", "charger", "read", "--profile", "keba-p30", "--url", url]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
            device, _ = silent.accept()
            with device:
                assert device.recv(1)
                process.send_signal(signal.SIGINT)
                assert process.communicate(timeout=30)[1] == ""
    assert process.returncode == 130


def test_enabling_by_an_experimental_profile_says_what_nobody_has_proven() -> None:
    with serving("sim", "charger", "--port", "0", "--profile", "mennekes-amtron-compact") as (line,):
        url = f"tcp://127.0.0.1:{line.split('127.0.0.1:')[1].split()[0].rstrip('.,')}"
        where = ["--profile", "mennekes-amtron-compact", "--url", url]
        enabled = kiosk("charger", "enable", "--amps", "6", *where)
        disabled = kiosk("charger", "disable", *where)
    assert (enabled.code, enabled.out) == (0, "Enabled.\n")
    assert "mennekes-amtron-compact is experimental: no source proves its limit, voltage, current." in enabled.err
    assert (disabled.code, disabled.out, disabled.err) == (0, "Disabled.\n", "")
