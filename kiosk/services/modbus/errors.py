"""What can go wrong on a Modbus line, as one tree. The text is the end of a sentence that begins with the device.

LineError
├── NoAnswer         silence until the deadline, or a gateway that says so; whether it was heard nobody knows
├── BadAnswer        an answer to another question: other function, other length, other echo, or no Modbus at all
├── DeviceRefused    the device understood and says no, with its exception `code`
└── LineDown         there is no connection, or it was lost while waiting
    └── LineBusy     another program holds the serial port, or the only connection that the device takes
"""

from enum import StrEnum


class Heard(StrEnum):
    """What came in while an answer was waited for. The text goes on after *did not answer in 1.5 s*."""

    NOTHING = ""
    NOISE = "; what came is no Modbus of this kind, so check baud rate, parity and transport"
    ECHO = "; only the question came back, so the adapter echoes and no device is behind it"
    OTHER_UNIT = "; another unit did, so check the unit id, and that only one program asks on this line"
    GATEWAY = ", says its gateway"
    OTHER_ID = "; an answer came under another transaction id, so if a gateway changes them, add ids=any to the address"


class LineError(Exception):
    """`str(error)` says what and where, `remedy` what would be right."""

    remedy = "Try again."


class NoAnswer(LineError):
    remedy = "Check A/B wires and the unit id, then try again."

    def __init__(self, text: str, heard: Heard = Heard.NOTHING, *, wired: bool = True) -> None:
        """`wired` is a device on RS-485, straight or behind a gateway."""
        super().__init__(text)
        self.heard = heard
        if not wired:
            self.remedy = "Check the unit id, that Modbus is switched on in the device, and behind a gateway its wires, then try again."


class BadAnswer(LineError):
    remedy = "Check that the transport is right (tcp, rtu or rtutcp) and that nobody else talks on this line."


class DeviceRefused(LineError):
    remedy = "Check that the profile fits the device."

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class LineDown(LineError):
    remedy = "Check power, cable and address of the device, then try again."


class LineBusy(LineDown):
    remedy = "Close the other program; one line has one owner."
