"""The day that the demo plays: who comes, what they do, and how it should end."""

import random
from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.states import Why


class Story(StrEnum):
    """What happens to a driver. Each is one way in which a session ends."""

    STOPS = "stops at the screen"
    HOLD = "uses up the hold"
    REJECTS = "rejects in the app"
    NO_CAR = "approves, but no car comes"
    OFFLINE = "network lost while settling"
    POWER_CUT = "power cut while charging"
    UNPLUGS = "unplugs the car"
    CANCELS = "cancels before approving"


ENDS: dict[Story, Why] = {
    Story.STOPS: Why.STOPPED,
    Story.HOLD: Why.HOLD_USED,
    Story.REJECTS: Why.REJECTED,
    Story.NO_CAR: Why.NEVER_STARTED,
    Story.OFFLINE: Why.STOPPED,
    Story.POWER_CUT: Why.RESTARTED,
    Story.UNPLUGS: Why.UNPLUGGED,
    Story.CANCELS: Why.DRIVER_CANCELLED,
}


@dataclass(frozen=True)
class Drive:
    """One driver at one station. `energy_wh` is when the story's turn comes. An act begins when the one before is over."""

    name: str
    station: str
    story: Story
    hold_minor: int
    energy_wh: int
    language: str = "nb"
    act: int = 1


@dataclass(frozen=True)
class DemoStation:
    """A station of the demo and the devices that stand behind it."""

    id: str
    name: str
    meter: str
    controller: str
    power_w: int


STATIONS = (
    DemoStation("NO-SND-001", "Lader 1", "eastron-sdm630", "keba-p30", 22_000),
    DemoStation("NO-SND-002", "Lader 2", "abb-b23", "phoenix-em-cp-pp-eth", 22_000),
    DemoStation("NO-SND-003", "Lader 3", "carlo-gavazzi-em340", "keba-p30", 22_000),
)


def day(seed: int) -> tuple[Drive, ...]:
    """The drivers in the order in which they come to each station. The seed draws how much they take."""
    draw = random.Random(seed)  # noqa: S311 - a story, not a secret

    def wh(about: int) -> int:
        return about + draw.randrange(-about // 5, about // 5)

    one, two, three = (station.id for station in STATIONS)
    return (
        Drive("Kari", one, Story.STOPS, 350_00, wh(4_000)),
        Drive("Ola", two, Story.HOLD, 50_00, 0),
        Drive("Aksel", three, Story.REJECTS, 200_00, 0),
        Drive("Ingrid", three, Story.UNPLUGS, 350_00, wh(3_000), "en"),
        Drive("Liv", three, Story.NO_CAR, 100_00, 0),
        Drive("Nils", one, Story.OFFLINE, 200_00, wh(2_500)),
        Drive("Solveig", two, Story.POWER_CUT, 350_00, wh(2_500), act=2),
        Drive("Even", one, Story.CANCELS, 100_00, 0, "en", act=3),
    )
