"""Walks a SunSpec chain: finds where each model begins, because makers put others in between."""

from kiosk.services.modbus.errors import DeviceRefused
from kiosk.services.modbus.line import READ_HOLDING, Device

MARK = (0x5375, 0x6E53)  # "SunS"
END = 0xFFFF
MODELS_MAX = 64


async def find_models(device: Device, bases: tuple[int, ...]) -> dict[int, int]:
    """Model number -> address of its first register, the first of each kind. Empty: no SunSpec. Raises LineError."""
    for base in bases:
        try:
            mark = await device.read(READ_HOLDING, base, 2)
        except DeviceRefused:
            continue
        if mark == MARK:
            return await _walk(device, base + 2)
    return {}


async def _walk(device: Device, at: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for _ in range(MODELS_MAX):
        model, length = await device.read(READ_HOLDING, at, 2)
        if model == END:
            break
        found.setdefault(model, at)
        at += 2 + length
        if at > 0xFFFE:
            break
    return found
