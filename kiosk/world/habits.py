"""What one driver will do, drawn from the seed before they come."""

from dataclasses import dataclass

from kiosk.domain.events import Act
from kiosk.domain.payment import Approval
from kiosk.world.nature import Surroundings
from kiosk.world.outlet import Outlet
from kiosk.world.plan import Mishap


@dataclass
class Habits:
    """Seconds count from when each becomes possible; None is never."""

    hold: int
    thinks_s: float
    decides: Approval | None
    cancels_after_s: float | None
    plugs_after_s: float
    draws_after_s: float | None
    power_w: int
    steps_up_after_s: float | None
    full_after_s: float | None
    stays_s: float
    ends_by: str
    wrong_codes: int
    answers_late: Act | None
    leaves: bool


def draw_habits(world: Surroundings, outlet: Outlet) -> Habits:
    plan, chance = world.plan, world.chance
    rejects, cancels = plan.strikes(Mishap.REJECTED), plan.strikes(Mishap.CANCELLED)
    never_decides = plan.strikes(Mishap.EXPIRED)
    approves = Approval.ABORTED if rejects else None if never_decides else Approval.AUTHORIZED
    hold = chance.randrange(3)
    stays = chance.random() < (
        0.3 if hold == 0 else 0.005
    )  # a large hold takes its time, and each look costs the machine
    return Habits(
        hold=hold,
        thinks_s=plan.between(2, 9),
        decides=approves,
        cancels_after_s=plan.between(0, 30) if cancels else None,
        plugs_after_s=plan.between(0, 6),
        draws_after_s=None if plan.strikes(Mishap.NEVER_DRAWS) else plan.between(0.1, 5),
        power_w=round(outlet.power_w * plan.between(0.4, 1.0)),
        steps_up_after_s=plan.between(1, 20) if plan.rates.get(Mishap.POWER_STEP) and chance.random() < 0.5 else None,
        full_after_s=plan.between(5, 60) if chance.random() < 0.04 else None,
        stays_s=plan.spread(6, 45),
        ends_by="stays" if stays else chance.choice(("stop", "stop", "stop", "unplug")),
        wrong_codes=chance.randint(1, 6) if plan.strikes(Mishap.WRONG_CODE) else 0,
        answers_late=chance.choice((Act.CONTINUE, Act.RELEASE, None)),
        leaves=chance.random() < 0.7,
    )
