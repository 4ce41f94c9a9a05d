"""Every profile against the makers' papers, written down here a second time and from the papers alone.

A state, a number or a register that slips in a profile is seen by nothing else: the toys do not know the papers by heart.
"""

from dataclasses import dataclass, field

import pytest

from kiosk.services.charger.profile import ChargerProfile, FailSafe
from kiosk.services.modbus.catalogue import load, profile_ids

PHOENIX_LETTERS = "65 A, 66 B, 67 C, 68 D, 69 E, 70 F"


@dataclass(frozen=True)
class Paper:
    """`states`: what the register shows and its letter; EF is an error, for which IEC 61851 leaves either.

    `state`: function and address, the mask, or nothing. `switch`: where, on, off. `setpoint`: address, kind, unit; `by` the
    function that the paper asks for. `falls_to` and `after`: the registers of the fail-safe's current and of its time,
    which counts in `tick_ms`; `more`: what else it needs; `fed`: the register and its number.
    """

    state: str = ""
    states: str = ""
    switch: str = ""
    setpoint: str = ""
    by: int | None = None
    falls_to: int | None = None
    after: int | None = None
    tick_ms: int = 1000
    more: dict[int, int] = field(default_factory=dict)
    fed: str = ""


# fmt: off
KEBA_STATES = "0 EF, 1 A, 2 B, 3 C, 4 EF, 5 B"
PAPERS = {
    "keba-p30": Paper("3:1000", KEBA_STATES, "5014 1/0", "5004 u16 mA", 6, 5016, 5018, fed="5018=60"),
    "keba-p40": Paper("3:1000", KEBA_STATES, "", "5004 u16 mA", 6, 5016, 5018, fed="5018=60"),
    # 5 is *other*: the socket's lock tells.
    "abb-terra-ac": Paper("3:16396 & 7f00", "0 A, 1 B, 2 B, 3 C, 4 C, 5 B", "", "16640 u32 mA", 16, 0x4109, 0x4106, fed="read"),
    "phoenix-em-cp-pp-eth": Paper("4:100", PHOENIX_LETTERS, "coil 400 1/0", "300 u16 A"),
    "phoenix-ev-eth": Paper("4:100", PHOENIX_LETTERS, "coil 400 1/0", "528 u16 A"),
    "phoenix-charx": Paper(
        "3:1299", "A1 A, A2 A, B1 B, B2 B, C1 C, C2 C, D1 D, D2 D, E0 E, F0 F", "1300 1/0", "1301 u16 A", None, 1306, 1307, fed="current"),
    "bender-cc612": Paper("3:122", "1 A, 2 B, 3 C, 4 D, 5 E", "", "1000 u16 A", 16, 131, 132, fed="current"),
    "alfen-eve": Paper(
        "3:1201", "A A, B1 B, B2 B, C1 C, C2 C, D1 D, D2 D, E E, F F", "", "1210 f32 A", 16, 1212, fed="current"),
    # 13 is in no source: it follows from the others.
    "mennekes-amtron-compact": Paper(
        "3:264", "10 A, 11 B, 12 C, 13 D, 14 E, 15 F, 26 A, 27 B, 28 C, 29 D", "3333 1/0", "770 f32 A", None, 0x030E, fed="3328=21930"),
    "mennekes-amtron-xtra": Paper("4:770", "1 A, 2 A, 3 B, 4 B, 5 C, 6 C, 7 D, 8 D", "", "1024 u16 A"),
    "heidelberg-energy-control": Paper(
        "4:5", "2 A, 3 A, 4 B, 5 B, 6 C, 7 C, 8 C, 9 E, 10 F, 11 EF", "", "261 u16 0.1 A", None, 262, 257, 1, {258: 4, 259: 1}, "read"),
    "webasto-next": Paper("3:1000", "0 A, 1 B, 3 C, 4 B, 7 EF, 8 EF", "", "5004 u16 A", None, 2000, 2002, fed="6000=1"),
    # 1 charges; 0 is A or B, and the cable tells.
    "vestel-evc04": Paper("4:1001", "0 A, 1 C", "", "5004 u16 A", None, 2000, 2002, fed="6000=1"),
    "go-e": Paper("4:100", "0 EF, 1 A, 2 C, 3 B, 4 B", "337 2/1", "299 u16 A", 16),
    "relay-coil": Paper(switch="coil 0 1/0"),
}
# Second looks: value, function and address, and what it has to show.
PLUGGED = {
    "keba-p30": "3:1004 & 4", "keba-p40": "3:1004 & 4", "abb-terra-ac": "3:16394 >= 257", "vestel-evc04": "4:1004 >= 2",
}
FAULTY = {"go-e": "4:107 = 0", "vestel-evc04": "4:1006 = 0", "alfen-eve": "3:1200 = 1", "bender-cc612": "3:124 = 0"}
# fmt: on
PROFILES = {name: load("chargers", name, ChargerProfile) for name in PAPERS}


def at(profile: ChargerProfile, name: str) -> str:
    value = profile.values[name]
    return f"{profile.blocks[value.block].function}:{value.address}"


def test_every_controller_has_its_paper() -> None:
    assert sorted(PAPERS) == sorted(profile_ids("chargers"))


@pytest.mark.parametrize("name", PAPERS)
def test_the_states_are_those_of_the_paper(name: str) -> None:
    paper, profile = PAPERS[name], PROFILES[name]
    variants = [profile, *(row.profile for row in profile.overrides)]
    for state in [each.state for each in variants]:
        if state is None:
            assert not paper.state
            continue
        where = at(profile, state.value) + (f" & {state.mask:x}" if state.mask else "")
        letters = dict(each.split() for each in paper.states.split(", "))
        assert where == paper.state
        assert set(state.pilot) == set(letters)
        assert {shown: pilot for shown, pilot in state.pilot.items() if pilot.value not in letters[shown]} == {}


@pytest.mark.parametrize("name", PAPERS)
def test_the_second_looks_are_those_of_the_paper(name: str) -> None:
    profile = PROFILES[name]
    state = profile.state
    plugged, faulty = (state.plugged, state.faulty) if state else (None, None)
    says = ""
    if plugged is not None:
        says = at(profile, plugged.value) + (f" & {plugged.mask}" if plugged.mask else f" >= {plugged.least}")
    assert says == PLUGGED.get(name, "")
    assert (f"{at(profile, faulty.value)} = {faulty.well}" if faulty else "") == FAULTY.get(name, "")


def test_bender_says_the_contrary_of_available_since_5_22() -> None:
    since = PROFILES["bender-cc612"].at("5.22").state
    assert since is not None
    assert since.faulty is not None
    assert since.faulty.well == "1"


@pytest.mark.parametrize("name", PAPERS)
def test_switch_and_setpoint_are_those_of_the_paper(name: str) -> None:
    paper, profile = PAPERS[name], PROFILES[name]
    switch, current = profile.switch, profile.current
    place = "" if switch is None else f"coil {switch.coil}" if switch.register_ is None else f"{switch.register_}"
    assert (f"{place} {switch.on}/{switch.off}" if switch else "") == paper.switch
    assert (f"{current.address} {current.kind} {current.unit}" if current else "") == paper.setpoint
    if paper.by is not None:
        assert current is not None
        assert current.function == paper.by
        assert all(row.function == paper.by for row in (switch,) if row is not None)


@pytest.mark.parametrize("name", PAPERS)
def test_the_fail_safe_is_that_of_the_paper(name: str) -> None:
    paper, profile = PAPERS[name], PROFILES[name]
    failsafe = profile.failsafe
    if failsafe is None:
        assert not paper.fed
        return
    feed = failsafe.feed
    assert (f"{feed.address}={feed.value}" if feed else failsafe.fed_by) == paper.fed
    demanded = {profile.values[check.value].address for check in failsafe.demands}
    assert {row.address: row.value for row in failsafe.settings} == _settings(paper, failsafe, demanded)


def _settings(paper: Paper, failsafe: FailSafe, demanded: set[int]) -> dict[int, int]:
    """What has to be written: 0 as its current (or demanded), its time, and what else it needs."""
    rows = dict(paper.more)
    if paper.falls_to is not None and paper.falls_to not in demanded:
        rows[paper.falls_to] = 0
    if paper.after is not None:
        rows[paper.after] = failsafe.lapses_s * 1000 // paper.tick_ms
    return rows
