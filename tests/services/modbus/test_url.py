"""Addresses of Modbus devices, and the sentence for each that is wrong."""

from dataclasses import replace

import pytest

from kiosk.domain.fault import Fault, FaultError
from kiosk.services.modbus.url import Address, Serial, parse, stated

E81 = Serial(19200, "E", 1)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("tcp://10.0.0.5:1502?unit=7", Address("tcp", "10.0.0.5", 1502, 7, E81)),
        ("tcp://Meter.local", Address("tcp", "meter.local", 502, 42, E81)),
        ("tcp://[fe80::1]:502", Address("tcp", "[fe80::1]", 502, 42, E81)),
        ("tcp://gateway?ids=any", Address("tcp", "gateway", 502, 42, E81, any_id=True)),
        ("rtutcp://gateway:4001", Address("rtutcp", "gateway", 4001, 42, E81)),
        ("rtu:///dev/ttyUSB0", Address("rtu", "/dev/ttyUSB0", 0, 42, E81)),
        (
            "rtu:///dev/ttyUSB0?baud=9600&parity=n&stopbits=2&unit=1",
            Address("rtu", "/dev/ttyUSB0", 0, 1, Serial(9600, "N", 2)),
        ),
    ],
)
def test_what_an_address_leaves_out_comes_from_the_profile(url: str, address: Address) -> None:
    assert parse(url, 42, E81) == address
    assert parse(address.url, 0, Serial()) == (replace(address, serial=Serial()) if address.port else address)


@pytest.mark.parametrize(
    ("url", "because"),
    [
        ("", "it has to begin with tcp://, rtu:// or rtutcp://"),
        ("http://10.0.0.5", "it has to begin with tcp://, rtu:// or rtutcp://"),
        ("tcp://", "it has to name a host"),
        ("tcp://host/path", "it has to name a host and nothing behind it"),
        ("tcp://host:99999", "Port out of range"),
        ("tcp://host?unit=256", "unit=256 has to be one of 0 to 255"),
        ("tcp://host?unit=one", "unit=one has to be one of 0 to 255"),
        ("tcp://host?baud=9600", "tcp has no option 'baud' (only ids, unit)"),
        ("tcp://host?ids=1", "ids=1 has to be any, or be left out"),
        ("rtu://dev/ttyUSB0", "with three slashes"),
        ("rtu:///dev/ttyUSB0?baud=9601", "baud=9601 has to be one of 1200, 2400"),
        ("rtu:///dev/ttyUSB0?parity=X", "parity=X has to be N, E or O"),
        ("rtu:///dev/ttyUSB0?stopbits=3", "stopbits=3 has to be one of 1, 2"),
        ("rtu:///dev/ttyUSB0?9600", "bad query field"),
    ],
)
def test_a_wrong_address_says_what_is_wrong_and_what_would_be_right(url: str, because: str) -> None:
    with pytest.raises(FaultError) as caught:
        parse(url, 1, Serial())
    assert caught.value.trouble.fault is Fault.CONFIG_WRONG
    assert because in caught.value.trouble.detail
    assert "Write one such as tcp://" in caught.value.trouble.detail


def test_what_an_address_states_itself_is_known() -> None:
    assert stated("rtu:///dev/ttyUSB0?baud=9600&unit=1") == {"baud", "unit"}
    assert stated("tcp://host") == set()
