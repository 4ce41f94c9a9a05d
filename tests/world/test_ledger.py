"""The little Vipps is strict: keys, sums, doubt and refusals as its documentation has them."""

import pytest

from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Currency, Money
from kiosk.domain.outcome import Done, Outcome, Refused
from kiosk.domain.payment import Approval, Effect
from kiosk.world.ledger import Ledger, Rules


def nok(minor: int) -> Money:
    return Money(minor, Currency.NOK)


class Clock:
    ms = 0

    def __call__(self) -> int:
        return self.ms


def approved(rules: Rules | None = None) -> tuple[Ledger, Clock]:
    clock = Clock()
    ledger = Ledger(clock, rules)
    ledger.create("ref", nok(30_000), "k-create")
    ledger.decide("ref", Approval.AUTHORIZED)
    return ledger, clock


def code(outcome: Outcome[object]) -> str:
    return outcome.code if isinstance(outcome, Refused) else type(outcome).__name__


def test_a_key_gives_its_first_answer_again_and_takes_effect_once() -> None:
    ledger, _ = approved()
    first = ledger.capture("ref", nok(100), "k")
    assert ledger.capture("ref", nok(100), "k") == first
    assert ledger.books["ref"].account.captured == nok(100)


def test_a_key_that_is_forgotten_takes_effect_again() -> None:
    ledger, clock = approved(Rules(key_life_ms=1_000))
    ledger.capture("ref", nok(100), "k")
    clock.ms = 1_001
    ledger.capture("ref", nok(100), "k")
    assert (ledger.books["ref"].account.captured, ledger.forgotten) == (nok(200), 1)


def test_a_key_with_another_body_is_our_mistake_even_when_it_was_forgotten() -> None:
    ledger, clock = approved(Rules(key_life_ms=1_000))
    ledger.capture("ref", nok(100), "k")
    clock.ms = 5_000
    assert code(ledger.capture("ref", nok(101), "k")) == "4010"
    assert len(ledger.mistakes) == 1


@pytest.mark.parametrize("stick", [True, False])
def test_a_no_sticks_to_its_key_where_they_do(stick: bool) -> None:
    ledger, _ = approved(Rules(noes_stick=stick))
    noes = [Refused(Trouble(Fault.CAPTURE_REFUSED, "no"), "6080")]
    ledger.refuse = lambda _call, _reference: noes.pop() if noes else None
    assert code(ledger.capture("ref", nok(100), "k")) == "6080"
    assert code(ledger.capture("ref", nok(100), "k")) == ("6080" if stick else "Done")


def test_more_than_is_left_is_refused_and_is_our_mistake_unless_somebody_meddled() -> None:
    ledger, _ = approved()
    assert code(ledger.capture("ref", nok(30_001), "k")) == "6090"
    assert len(ledger.mistakes) == 1
    assert ledger.meddle("ref", Effect.CAPTURED, nok(30_000))
    assert code(ledger.capture("ref", nok(1), "k2")) == "6090"
    assert len(ledger.mistakes) == 1


def test_a_market_without_part_capture_says_6140() -> None:
    ledger, _ = approved(Rules(part_capture=False))
    assert code(ledger.capture("ref", nok(100), "k")) == "6140"
    assert isinstance(ledger.capture("ref", nok(30_000), "k2"), Done)


def test_the_sums_come_after_the_log_where_they_lag() -> None:
    ledger, clock = approved(Rules(sums_lag_ms=500))
    ledger.capture("ref", nok(100), "k")
    early = ledger.look("ref")
    clock.ms = 500
    late = ledger.look("ref")
    assert early is not None
    assert late is not None
    assert (early.account.captured, late.account.captured) == (nok(0), nok(100))
    assert [entry.name for entry in early.log] == [Effect.AUTHORIZED, Effect.CAPTURED]


def test_an_offer_that_nobody_decides_runs_out() -> None:
    clock = Clock()
    ledger = Ledger(clock, Rules(offer_life_ms=600_000))
    ledger.create("ref", nok(30_000), "k")
    clock.ms = 600_000
    ledger.decide("ref", Approval.AUTHORIZED)
    assert (ledger.books["ref"].approval, ledger.expired) == (Approval.EXPIRED, 1)


def test_withdrawing_never_destroys_an_approval() -> None:
    ledger, _ = approved()
    assert code(ledger.release("ref", "k", unapproved_only=True)) == "6060"
    assert ledger.books["ref"].account.remaining == nok(30_000)


def test_a_portal_moves_no_more_than_there_is() -> None:
    ledger, _ = approved()
    assert not ledger.meddle("ref", Effect.REFUNDED, nok(1)), "nothing was captured"
    assert not ledger.meddle("ref", Effect.CANCELLED, nok(30_001))
    assert not ledger.meddle("other", Effect.CAPTURED, nok(1))
