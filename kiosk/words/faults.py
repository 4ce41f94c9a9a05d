"""Every fault in words: three short sentences for the driver, and one entry for the attendant."""

from dataclasses import dataclass

from kiosk.domain.fault import Fault
from kiosk.words.catalogue import Words, marked

PROVEN = marked("You pay only for what the meter has proved. The rest of a reservation is released.")
LATER = marked("Your money is safe. The exact amount is settled when the connection is back.")
NOTHING = marked("Nothing is taken. All that was reserved is released.")
SAFE = marked("Your money is safe. You never pay more than the meter proves.")

ELSEWHERE = marked("Use another charger here, or call us.")
LEAVE = marked("You can unplug and leave. We take care of the rest.")
WAIT = marked("You need not do anything. The station tries again by itself.")
TRY_AGAIN = marked("Check that the cable sits firmly and the car is not set to charge later. Then start again.")

# fmt: off
DRIVER: dict[Fault, tuple[str, str, str]] = {
    Fault.METER_SILENT:         (marked("The energy meter does not answer."), PROVEN, ELSEWHERE),
    Fault.METER_FROZEN:         (marked("The energy meter stands still while the car charges."), PROVEN, ELSEWHERE),
    Fault.METER_FELL:           (marked("The energy meter shows less than before."), PROVEN, ELSEWHERE),
    Fault.METER_REPLACED:       (marked("The energy meter has been replaced."), PROVEN, ELSEWHERE),
    Fault.METER_JUMPED:         (marked("The energy meter shows more than can be true."), PROVEN, ELSEWHERE),
    Fault.METER_GARBLED:        (marked("The energy meter cannot be read clearly."), PROVEN, ELSEWHERE),
    Fault.METER_WRONG_DEVICE:   (marked("The energy meter is not the one this station expects."), PROVEN, ELSEWHERE),
    Fault.METER_REVERSED:       (marked("The energy meter is connected the wrong way."), PROVEN, ELSEWHERE),
    Fault.METER_CONTRADICTS:    (marked("The energy meter counts while no power flows."), PROVEN, ELSEWHERE),
    Fault.CHARGER_SILENT:       (marked("The charger does not answer."), PROVEN, ELSEWHERE),
    Fault.CHARGER_REFUSED:      (marked("The charger refuses to start."), PROVEN, ELSEWHERE),
    Fault.CHARGER_FAULT:        (marked("The charger reports a fault."), PROVEN, ELSEWHERE),
    Fault.CONTACTOR_STUCK:      (marked("The charger did not switch off as it should."), PROVEN, LEAVE),
    Fault.CONTACTOR_DEAD:       (marked("The charger does not pass on energy."), NOTHING, ELSEWHERE),
    Fault.NEVER_STARTED:        (marked("The car took no energy."), NOTHING, TRY_AGAIN),
    Fault.NETWORK_AWAY:         (marked("The station has no connection."), LATER, WAIT),
    Fault.VIPPS_AWAY:           (marked("The payment service does not answer."), LATER, WAIT),
    Fault.VIPPS_BUSY:           (marked("The payment service is busy."), LATER, WAIT),
    Fault.VIPPS_KEYS:           (marked("This station cannot take payment now."), SAFE, ELSEWHERE),
    Fault.VIPPS_REFUSED:        (marked("The payment service refused."), SAFE, ELSEWHERE),
    Fault.CAPTURE_REFUSED:      (marked("The payment could not be completed by itself."), SAFE, LEAVE),
    Fault.PART_CAPTURE_REFUSED: (marked("The payment service does not allow this amount."), SAFE, LEAVE),
    Fault.RELEASE_REFUSED:      (marked("The rest of the reservation is not released yet."), SAFE, LEAVE),
    Fault.PAYMENT_UNKNOWN:      (marked("The payment service does not know this payment."), SAFE, LEAVE),
    Fault.PAYMENT_FOREIGN:      (marked("Somebody else has handled this payment."), SAFE, LEAVE),
    Fault.PAYMENT_MISMATCH:     (marked("The payment does not match this charge."), SAFE, LEAVE),
    Fault.DEADLINE_PASSED:      (marked("The reservation was too old to be settled by itself."), SAFE, LEAVE),
    Fault.RECEIPT_REFUSED:      (marked("The receipt could not be sent."), SAFE, LEAVE),
    Fault.RECEIPT_DIFFERS:      (marked("Another receipt is already stored for this payment."), SAFE, LEAVE),
    Fault.JOURNAL_BROKEN:       (marked("The station is being checked and sells nothing now."), SAFE, ELSEWHERE),
    Fault.JOURNAL_BUSY:         (marked("The station is being serviced."), SAFE, ELSEWHERE),
    Fault.DISK_FULL:            (marked("The station's memory is full, so it sells nothing now."), SAFE, ELSEWHERE),
    Fault.DISK_READ_ONLY:       (marked("The station cannot write down a charge, so it sells nothing now."), SAFE, ELSEWHERE),
    Fault.CLOCK_WRONG:          (marked("The station's clock is wrong, so it sells nothing now."), SAFE, ELSEWHERE),
    Fault.CONFIG_WRONG:         (marked("The station is not set up correctly."), SAFE, ELSEWHERE),
    Fault.PORT_BUSY:            (marked("The station is being serviced."), SAFE, ELSEWHERE),
    Fault.SCREEN_AWAY:          (marked("The station is being serviced."), SAFE, ELSEWHERE),
}

ATTENDANT: dict[Fault, tuple[str, str]] = {
    Fault.METER_SILENT:         (marked("The meter does not answer."), marked("Check its supply and its cable, then read it again.")),
    Fault.METER_FROZEN:         (marked("The meter's register stands still while power flows."), marked("Check the meter and its wiring before the station sells again.")),
    Fault.METER_FELL:           (marked("The meter's register fell."), marked("Compare the register on the meter with the journal, then replace the meter.")),
    Fault.METER_REPLACED:       (marked("Another meter answers than when the charge began."), marked("Only energy of the first meter is billed. Confirm the new serial number.")),
    Fault.METER_JUMPED:         (marked("The meter's register jumped further than the rated power allows."), marked("Only the proven part is billed. Check the profile and the meter.")),
    Fault.METER_GARBLED:        (marked("The meter answers with values that cannot be."), marked("Check baud rate, parity and profile.")),
    Fault.METER_WRONG_DEVICE:   (marked("The device at this address is not the meter in the settings."), marked("Choose the right profile, or connect the right meter.")),
    Fault.METER_REVERSED:       (marked("Energy is counted as export."), marked("Swap the meter's input and output, or turn its current transformers.")),
    Fault.METER_CONTRADICTS:    (marked("The meter's register rises while it shows no power."), marked("Check the profile's power register, and that nothing else hangs on this meter.")),
    Fault.CHARGER_SILENT:       (marked("The charge controller does not answer."), marked("Check its supply and network, then look again.")),
    Fault.CHARGER_REFUSED:      (marked("The charge controller refuses to switch."), marked("Check that remote control is enabled in the controller.")),
    Fault.CHARGER_FAULT:        (marked("The charge controller reports a fault."), marked("Read the fault on the controller and clear its cause.")),
    Fault.CONTACTOR_STUCK:      (marked("Current flows although the contactor was told to open."), marked("Take the station out of service and have the contactor replaced.")),
    Fault.CONTACTOR_DEAD:       (marked("The car asked for energy, was allowed it, and got none."), marked("Check fuse and residual-current device, then have the contactor replaced.")),
    Fault.NEVER_STARTED:        (marked("The car took no energy within 15 minutes."), marked("Nothing is due; everything is released. Help the driver start again.")),
    Fault.NETWORK_AWAY:         (marked("The station has no network."), marked("Check modem and SIM. Running charges settle when the network is back.")),
    Fault.VIPPS_AWAY:           (marked("Vipps MobilePay does not answer."), marked("Look at its status page. The station goes on by itself.")),
    Fault.VIPPS_BUSY:           (marked("Vipps MobilePay asks to come again later."), marked("The station goes on by itself.")),
    Fault.VIPPS_KEYS:           (marked("Vipps MobilePay does not accept the keys of this sales unit."), marked("Enter valid keys for this environment and sales unit.")),
    Fault.VIPPS_REFUSED:        (marked("Vipps MobilePay refused the request."), marked("Read the reason beside, correct its cause, then try again.")),
    Fault.CAPTURE_REFUSED:      (marked("Vipps MobilePay refuses to capture the due amount."), marked("Read the reason beside, then capture again or release.")),
    Fault.PART_CAPTURE_REFUSED: (marked("This market refuses to capture a part of the hold."), marked("Two people choose: release all, or capture all and refund the rest.")),
    Fault.RELEASE_REFUSED:      (marked("Vipps MobilePay refuses to release the rest."), marked("The driver has paid the right amount. Try the release again.")),
    Fault.PAYMENT_UNKNOWN:      (marked("Vipps MobilePay does not know this reference."), marked("Search for it in the portal of the same sales unit and environment.")),
    Fault.PAYMENT_FOREIGN:      (marked("Somebody has captured, released or refunded in the portal."), marked("Compare the three accounts and close the session by hand.")),
    Fault.PAYMENT_MISMATCH:     (marked("Vipps MobilePay reports other amounts than this station asked for."), marked("Compare the three accounts before anything else is done.")),
    Fault.DEADLINE_PASSED:      (marked("The time to capture has passed."), marked("Try the capture once more; if it is refused, the amount is lost to the operator.")),
    Fault.RECEIPT_REFUSED:      (marked("Order Management refused the receipt."), marked("The money is settled. Correct the cause and send the receipt again.")),
    Fault.RECEIPT_DIFFERS:      (marked("Another receipt is already stored for this reference."), marked("A receipt cannot be changed. Note the difference for the books.")),
    Fault.JOURNAL_BROKEN:       (marked("The journal was damaged and has been rebuilt from Vipps MobilePay's account."), marked("Check the open sessions, then release the station for sale.")),
    Fault.JOURNAL_BUSY:         (marked("Another program holds the journal."), marked("End the process named beside, then try again.")),
    Fault.DISK_FULL:            (marked("The disk is full."), marked("Free at least 200 MiB where the journal lies.")),
    Fault.DISK_READ_ONLY:       (marked("The disk takes no writes."), marked("Check the card or disk and mount it writable.")),
    Fault.CLOCK_WRONG:          (marked("The station's clock is far from Vipps MobilePay's."), marked("Let the clock synchronise, then try again.")),
    Fault.CONFIG_WRONG:         (marked("The settings do not fit together."), marked("Correct what the reason beside names, then start the station again.")),
    Fault.PORT_BUSY:            (marked("Another program uses the port to meter or charger."), marked("End that program, then try again.")),
    Fault.SCREEN_AWAY:          (marked("The station has no screen to show itself on."), marked("Check the screen and its session, then start the station again.")),
}
# fmt: on


@dataclass(frozen=True)
class DriverWords:
    """What happened, what it means for the driver's money, and what the driver can do."""

    what: str
    money: str
    todo: str


@dataclass(frozen=True)
class AttendantWords:
    """What happened, and what would be right."""

    what: str
    right: str


def driver(fault: Fault, words: Words) -> DriverWords:
    return DriverWords(*(words.text(sentence) for sentence in DRIVER[fault]))


def attendant(fault: Fault, words: Words) -> AttendantWords:
    return AttendantWords(*(words.text(sentence) for sentence in ATTENDANT[fault]))
