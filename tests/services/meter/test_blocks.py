"""On the wire stand the blocks of the profile, each as it is written there: nothing is joined over a gap."""

import pytest

from kiosk.domain.energy import Reading
from kiosk.services.clock import SystemClock
from kiosk.services.meter.detect import meter_profiles
from kiosk.services.meter.profile import MeterProfile
from kiosk.services.meter.reader import open_meter
from kiosk.services.modbus.bus import Lines
from kiosk.sim.car import Car
from kiosk.sim.clock import SimClock
from kiosk.sim.meter import MAKES, MeterToy
from kiosk.sim.modbus_pdu import answer
from kiosk.sim.post import Post
from tests.services.modbus.raw import Slave, address, count, on_tcp

PROFILES = [profile for profile in meter_profiles() if profile.sunspec is None and profile.id in MAKES]


@pytest.mark.parametrize("profile", PROFILES, ids=[profile.id for profile in PROFILES])
async def test_a_meter_is_asked_for_the_blocks_of_its_profile_and_nothing_else(profile: MeterProfile) -> None:
    toy = MeterToy(Post(SimClock(rate=0.001), Car(), register_wh=12_345_678), profile.id)
    slave = Slave(lambda _, pdu: answer(toy, pdu))
    async with on_tcp(slave) as port, Lines() as lines:
        url = f"tcp://127.0.0.1:{port}?unit={toy.make.unit}"
        reading = await open_meter(lines, profile.id, url, SystemClock().now).read()
    assert isinstance(reading, Reading), reading
    asked = {(pdu[0], address(pdu), count(pdu)) for _, pdu in slave.heard}
    assert asked <= {(block.function, block.address, block.count) for block in profile.blocks.values()}
    assert len(asked) > 2
