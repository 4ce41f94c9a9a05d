"""Our simulators under clients that we did not write: they hold the registers that a stranger finds in them."""

import asyncio
import re

from kiosk.sim.car import Car
from kiosk.sim.clock import SimClock
from kiosk.sim.post import Post
from kiosk.sim.toys import serving, serving_on_tty
from tests.foreign.parts import need

REGISTER_KWH = 12_345.678


def post() -> Post:
    return Post(SimClock(utc_ms=0, real_s=lambda: 0.0), Car(power_max_w=11_040), register_wh=12_345_678)


async def mbpoll(*words: object) -> str:
    need("mbpoll")
    process = await asyncio.create_subprocess_exec(
        "mbpoll", "-0", "-1", *map(str, words), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(20):
        said, _ = await process.communicate()
    assert process.returncode == 0, said
    return said.decode()


def value(said: str, reference: int) -> str:
    return str(re.findall(rf"^\[{reference}\]:\s*(\S+)", said, re.MULTILINE)[0])


async def test_mbpoll_reads_the_billing_register_over_tcp() -> None:
    async with serving(post()) as ports:
        said = await mbpoll("-p", ports.meter, "-a", 1, "-t", "3:float", "-B", "-r", 0x48, "-c", 1, "127.0.0.1")
    assert float(value(said, 0x48)) == float(f"{REGISTER_KWH:.6g}")


async def test_mbpoll_reads_the_billing_register_on_a_serial_line() -> None:
    async with serving_on_tty(post()) as path:
        words = ("-m", "rtu", "-b", 9600, "-P", "none", "-a", 1)
        said = await mbpoll(*words, "-t", "3:float", "-B", "-r", 0x48, "-c", 1, path)
    assert float(value(said, 0x48)) == float(f"{REGISTER_KWH:.6g}")


async def test_mbpoll_closes_the_relay_and_sees_it_closed() -> None:
    outlet = post()
    async with serving(outlet, charger_profile="relay-coil") as ports:
        where = ("-p", ports.charger, "-a", 1, "-t", 0, "-r", 0)
        await mbpoll(*where, "127.0.0.1", 1)
        assert value(await mbpoll(*where, "-c", 1, "127.0.0.1"), 0) == "1"
    assert outlet.enabled


async def test_minimalmodbus_reads_meter_and_serial_number_on_a_serial_line() -> None:
    need("minimalmodbus")
    import minimalmodbus

    def read(path: str) -> tuple[float, int]:
        instrument = minimalmodbus.Instrument(path, 1)
        try:
            instrument.serial.baudrate, instrument.serial.timeout = 9600, 3
            return instrument.read_float(0x48, functioncode=4), instrument.read_long(0xFC00, functioncode=3)
        finally:
            instrument.serial.close()

    async with serving_on_tty(post()) as path:
        kwh, serial = await asyncio.to_thread(read, path)
    assert (round(kwh, 3), serial) == (REGISTER_KWH, 21_031_977)


async def test_pymodbustcp_reads_the_meter_and_is_refused_where_there_is_nothing() -> None:
    need("pyModbusTCP")
    from pyModbusTCP.client import ModbusClient
    from pyModbusTCP.constants import EXP_DATA_ADDRESS

    async with serving(post(), meter_profile="abb-b23") as ports:
        client = ModbusClient("127.0.0.1", ports.meter, unit_id=1, timeout=3)
        assert await asyncio.to_thread(client.read_holding_registers, 0x5000, 4) == [0, 0, 0x0012, 0xD687]
        assert await asyncio.to_thread(client.read_holding_registers, 0x7000, 2) is None
        assert client.last_except == EXP_DATA_ADDRESS
        client.close()
