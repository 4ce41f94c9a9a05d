"""The counting part of a meter: energy per phase, import and export apart, and the ways in which it lies."""

from kiosk.sim.car import MJ_PER_WH


class Counter:
    """Import and export registers in millijoules. Exact: what is counted in is in one of them, to the last one."""

    def __init__(self, register_wh: int, serial: int) -> None:
        self.serial = serial
        self.reversed_ct = False
        self._frozen: tuple[int, int, list[int]] | None = None
        self.set_register_wh(register_wh)

    def set_register_wh(self, register_wh: int) -> None:
        """A reset, a fall, or a register that somebody loaded: spread over the phases like a new meter's."""
        each_mj, rest_mj = divmod(register_wh * MJ_PER_WH, 3)
        self._import_mj = [each_mj + rest_mj, each_mj, each_mj]
        self._export_mj = 0
        if self._frozen is not None:
            self.freeze()

    def replace(self) -> None:
        """Another meter hangs in the same place: its own serial, its own register."""
        self.serial += 1_000_001
        self.set_register_wh(77_000)

    def count(self, phases_w: tuple[int, int, int], elapsed_ms: int) -> None:
        for phase, power_w in enumerate(phases_w):
            if self.reversed_ct:
                self._export_mj += power_w * elapsed_ms
            else:
                self._import_mj[phase] += power_w * elapsed_ms

    def freeze(self) -> None:
        self._frozen = (sum(self._import_mj), self._export_mj, list(self._import_mj))

    def thaw(self) -> None:
        self._frozen = None

    @property
    def import_wh(self) -> int:
        return (self._frozen[0] if self._frozen else sum(self._import_mj)) // MJ_PER_WH

    @property
    def export_wh(self) -> int:
        return (self._frozen[1] if self._frozen else self._export_mj) // MJ_PER_WH

    @property
    def phases_import_wh(self) -> tuple[int, int, int]:
        l1, l2, l3 = self._frozen[2] if self._frozen else self._import_mj
        return l1 // MJ_PER_WH, l2 // MJ_PER_WH, l3 // MJ_PER_WH
