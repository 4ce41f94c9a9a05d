"""Every way to fail that a person may have to hear about, sorted by who must act."""

from dataclasses import dataclass
from enum import StrEnum


class Acts(StrEnum):
    """Who has to do something about a fault."""

    DRIVER = "driver"
    ATTENDANT = "attendant"
    TECHNICIAN = "technician"
    NOBODY = "nobody"


class Fault(StrEnum):
    """A code that stands in the journal and on the attendant's screen; its sentences are in `words`."""

    METER_SILENT = "meter-silent"
    METER_FROZEN = "meter-frozen"
    METER_FELL = "meter-fell"
    METER_REPLACED = "meter-replaced"
    METER_JUMPED = "meter-jumped"
    METER_GARBLED = "meter-garbled"
    METER_WRONG_DEVICE = "meter-wrong-device"
    METER_REVERSED = "meter-reversed"
    METER_CONTRADICTS = "meter-contradicts"
    CHARGER_SILENT = "charger-silent"
    CHARGER_REFUSED = "charger-refused"
    CHARGER_FAULT = "charger-fault"
    CONTACTOR_STUCK = "contactor-stuck"
    CONTACTOR_DEAD = "contactor-dead"
    NEVER_STARTED = "never-started"
    NETWORK_AWAY = "network-away"
    VIPPS_AWAY = "vipps-away"
    VIPPS_BUSY = "vipps-busy"
    VIPPS_KEYS = "vipps-keys"
    VIPPS_REFUSED = "vipps-refused"
    CAPTURE_REFUSED = "capture-refused"
    PART_CAPTURE_REFUSED = "part-capture-refused"
    RELEASE_REFUSED = "release-refused"
    PAYMENT_UNKNOWN = "payment-unknown"
    PAYMENT_FOREIGN = "payment-foreign"
    PAYMENT_MISMATCH = "payment-mismatch"
    DEADLINE_PASSED = "deadline-passed"
    RECEIPT_REFUSED = "receipt-refused"
    RECEIPT_DIFFERS = "receipt-differs"
    JOURNAL_BROKEN = "journal-broken"
    JOURNAL_BUSY = "journal-busy"
    DISK_FULL = "disk-full"
    DISK_READ_ONLY = "disk-read-only"
    CLOCK_WRONG = "clock-wrong"
    CONFIG_WRONG = "config-wrong"
    PORT_BUSY = "port-busy"
    SCREEN_AWAY = "screen-away"

    @property
    def acts(self) -> Acts:
        return WHO_ACTS[self]


WHO_ACTS: dict[Fault, Acts] = {
    Fault.METER_SILENT: Acts.TECHNICIAN,
    Fault.METER_FROZEN: Acts.TECHNICIAN,
    Fault.METER_FELL: Acts.TECHNICIAN,
    Fault.METER_REPLACED: Acts.TECHNICIAN,
    Fault.METER_JUMPED: Acts.TECHNICIAN,
    Fault.METER_GARBLED: Acts.TECHNICIAN,
    Fault.METER_WRONG_DEVICE: Acts.TECHNICIAN,
    Fault.METER_REVERSED: Acts.TECHNICIAN,
    Fault.METER_CONTRADICTS: Acts.TECHNICIAN,
    Fault.CHARGER_SILENT: Acts.TECHNICIAN,
    Fault.CHARGER_REFUSED: Acts.TECHNICIAN,
    Fault.CHARGER_FAULT: Acts.TECHNICIAN,
    Fault.CONTACTOR_STUCK: Acts.TECHNICIAN,
    Fault.CONTACTOR_DEAD: Acts.TECHNICIAN,
    Fault.NEVER_STARTED: Acts.DRIVER,
    Fault.NETWORK_AWAY: Acts.NOBODY,
    Fault.VIPPS_AWAY: Acts.NOBODY,
    Fault.VIPPS_BUSY: Acts.NOBODY,
    Fault.VIPPS_KEYS: Acts.TECHNICIAN,
    Fault.VIPPS_REFUSED: Acts.ATTENDANT,
    Fault.CAPTURE_REFUSED: Acts.ATTENDANT,
    Fault.PART_CAPTURE_REFUSED: Acts.ATTENDANT,
    Fault.RELEASE_REFUSED: Acts.ATTENDANT,
    Fault.PAYMENT_UNKNOWN: Acts.ATTENDANT,
    Fault.PAYMENT_FOREIGN: Acts.ATTENDANT,
    Fault.PAYMENT_MISMATCH: Acts.ATTENDANT,
    Fault.DEADLINE_PASSED: Acts.ATTENDANT,
    Fault.RECEIPT_REFUSED: Acts.ATTENDANT,
    Fault.RECEIPT_DIFFERS: Acts.ATTENDANT,
    Fault.JOURNAL_BROKEN: Acts.TECHNICIAN,
    Fault.JOURNAL_BUSY: Acts.TECHNICIAN,
    Fault.DISK_FULL: Acts.TECHNICIAN,
    Fault.DISK_READ_ONLY: Acts.TECHNICIAN,
    Fault.CLOCK_WRONG: Acts.TECHNICIAN,
    Fault.CONFIG_WRONG: Acts.TECHNICIAN,
    Fault.PORT_BUSY: Acts.TECHNICIAN,
    Fault.SCREEN_AWAY: Acts.TECHNICIAN,
}


@dataclass(frozen=True)
class Trouble:
    """A fault that happened: its code, and a sentence for the technician (what, where, what would be right)."""

    fault: Fault
    detail: str


class FaultError(Exception):
    """A fault that ends what was being done. The command line prints its sentence and exits with 3."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.detail)
        self.trouble = trouble
