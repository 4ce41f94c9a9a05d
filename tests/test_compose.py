"""What the composition root hands on: the controller's own latency reaches the offer that is journalled."""

from pathlib import Path

import pytest

from kiosk.compose import new_code, open_site
from kiosk.config import load
from kiosk.domain.energy import Instant
from kiosk.domain.money import Currency, Money

RIGHT = Path(__file__).parents[1] / "docs" / "simulator.toml"
HERE = Instant(1_795_262_400_000, "boot", 0)


@pytest.mark.parametrize(
    ("controller", "stop_latency_s"),
    [
        ('profile = "keba-p30", url = "tcp://127.0.0.1:8503?unit=255", amps = 32', 10),
        ('profile = "heidelberg-energy-control", url = "tcp://127.0.0.1:8503", amps = 16', 5),
        ('profile = "phoenix-charx", url = "tcp://127.0.0.1:8503?connector=2", amps = 16', 4),
        ('profile = "relay-coil", url = "tcp://127.0.0.1:8503", waiver = "Kari Nordmann"', 2),
    ],
)
async def test_the_offer_knows_how_long_its_controller_takes_to_stop(
    tmp_path: Path, controller: str, stop_latency_s: int
) -> None:
    text = RIGHT.read_text("utf-8").replace("ladekiosk-journal.sqlite3", str(tmp_path / "j.sqlite3"))
    old = 'profile = "keba-p30", url = "tcp://127.0.0.1:8503?unit=255", amps = 32'
    assert old in text
    path = tmp_path / "kiosk.toml"
    path.write_text(text.replace(old, controller), "utf-8")
    async with open_site(load(path, {})) as running:
        post = next(iter(running.site._posts.values()))
        offer = post._papers.make(post.info, Money(35_000, Currency.NOK), "nb", "r-1", new_code(), HERE)
    assert (offer.stop_latency_s, offer.proves_contactor) == (stop_latency_s, True)
