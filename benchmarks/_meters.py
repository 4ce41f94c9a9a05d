"""Toy meters in a process of their own, on a TCP port, behind a transparent gateway and on a tty: prints the three addresses.

Arguments: how many SDM630 share the line, at units 1 and up, and the baud rate whose octet times the tty keeps (0: none).
"""

import asyncio
import sys

from kiosk.sim.car import Car
from kiosk.sim.clock import SimClock
from kiosk.sim.meter import MeterToy
from kiosk.sim.modbus_server import Line, serving_rtu, serving_tcp
from kiosk.sim.post import Post

PROFILE = "eastron-sdm630"
HOST = "127.0.0.1"


async def serve(meters: int, baud: int) -> None:
    posts = [Post(SimClock(), Car(), serial=21_000_000 + unit) for unit in range(1, meters + 1)]
    line = Line({unit: MeterToy(post, PROFILE) for unit, post in enumerate(posts, start=1)})
    async with (
        serving_tcp(line, HOST, 0) as tcp,
        serving_tcp(line, HOST, 0, rtu_framed=True) as rtutcp,
        serving_rtu(line, baud or None) as tty,
    ):
        print(f"tcp://{HOST}:{tcp} rtutcp://{HOST}:{rtutcp} rtu://{tty}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
