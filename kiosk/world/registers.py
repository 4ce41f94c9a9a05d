"""A session's due against what truly flowed and a price worked out on its own."""

from collections.abc import Callable
from dataclasses import replace

from kiosk.domain.states import Settling
from kiosk.world.nature import Surroundings
from kiosk.world.outlet import MJ_PER_WH
from kiosk.world.price import due_minor, proven_minor
from kiosk.world.records import Record

STOP_MARGIN_S = 20  # a slow look and a slow contactor; the operator bears it


class TrueRegister:
    """Knows the energy at each session's begin, and by whose car it was taken."""

    def __init__(self, world: Surroundings, wrong: Callable[[str, str], None]) -> None:
        self._world, self.wrong = world, wrong

    def begins(self, record: Record) -> None:
        outlet = self._world.outlets[record.offer.station]
        outlet.flow()
        record.begin_mj, record.begin_boot = outlet.energy_mj, self._world.boot
        record.plug_in = outlet.plug_ins + (not outlet.plugged)
        record.car_mj = outlet.used_mj.get(record.plug_in, 0)

    def flows(self, record: Record) -> None:
        """This is the session's own car: the one before may have left since the begin register was read."""
        outlet = self._world.outlets[record.offer.station]
        if record.plug_in != outlet.plug_ins:
            record.plug_in, record.car_mj = outlet.plug_ins, 0

    def due_fixed(self, record: Record) -> None:
        """The due against the world's true register and a price worked out on its own."""
        session = record.session
        if not isinstance(session, Settling):
            self.wrong("S4 one due", f"{record.reference} has a due while {type(session).__name__}")
            return
        offer, usage, reference = session.offer, session.usage, record.reference
        right = due_minor(offer.tariff, usage, offer.hold.minor)
        if session.due.due.minor != right:
            self.wrong("S2 due is proven", f"{reference} owes {session.due.due}, but {right} minor units are right")
        if usage.energy_wh == 0 and session.due.due.minor:
            self.wrong("S2 no energy, no pay", f"{reference} owes {session.due.due} for no energy")
        if sum(line.gross.minor for line in session.due.lines) != session.due.due.minor:
            self.wrong("S8 lines add up", f"the lines of {reference} do not add up to its due")
        outlet = self._world.outlets[offer.station]
        outlet.flow()
        begin_mj = outlet.energy_mj if record.begin_mj is None else record.begin_mj
        true_mwh = (outlet.energy_mj - begin_mj) * 1000 // MJ_PER_WH
        slack_mwh = (outlet.resolution_wh + 1) * 1000
        if usage.energy_wh * 1000 > true_mwh + slack_mwh + ("charger" in record.taint) * offer.rated_power_w:
            self.wrong("S2 energy is proven", f"{reference} owes {usage.energy_wh} Wh; {true_mwh // 1000} Wh flowed")
        own_mwh = (outlet.used_mj.get(record.plug_in, 0) - record.car_mj) * 1000 // MJ_PER_WH
        if not record.taint and record.begin_mj is not None and usage.energy_wh * 1000 > own_mwh + slack_mwh:
            self.wrong("S2 own energy", f"{reference} owes {usage.energy_wh} Wh; its own car took {own_mwh // 1000} Wh")
        if not record.taint and begin_mj is not None and usage.energy_wh * 1000 < true_mwh - slack_mwh:
            self.wrong("L3 all is billed", f"{reference} owes {usage.energy_wh} Wh of {true_mwh // 1000} Wh")
        margin_wh = offer.rated_power_w * STOP_MARGIN_S // 3_600
        within = replace(usage, energy_wh=max(0, usage.energy_wh - margin_wh))
        if not record.taint and proven_minor(offer.tariff, within) > offer.hold.minor:
            self.wrong("S9 hold not outrun", f"{reference} used {session.due.proven} of a hold of {offer.hold}")
