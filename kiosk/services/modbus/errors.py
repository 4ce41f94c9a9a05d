"""What can go wrong on a Modbus line, as one tree. The text is the end of a sentence that begins with the device.

LineError
├── NoAnswer         silence until the deadline, or a gateway that says so; whether it was heard nobody knows
├── BadAnswer        an answer to another question: other function, other length, other echo, or no Modbus at all
├── DeviceRefused    the device understood and says no, with its exception `code`
└── LineDown         there is no connection, or it was lost while waiting
    └── LineBusy     another program holds the serial port
"""


class LineError(Exception):
    """`str(error)` says what and where, `remedy` what would be right."""

    remedy = "Try again."


class NoAnswer(LineError):
    remedy = "Check A/B wires and the unit id, then try again."


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
