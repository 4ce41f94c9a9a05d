"""The worlds' own price and the product's agree, worked out in two ways."""

from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.money import Currency, Money
from kiosk.domain.tariff import IdleFee, Tariff, Usage
from kiosk.world.price import due_minor, proven_minor

PRICES = st.integers(0, 200_000)
USAGES = st.builds(Usage, st.integers(0, 200_000), *[st.integers(0, 90_000_000)] * 3)
TARIFFS = st.builds(
    Tariff,
    st.sampled_from(Currency),
    PRICES,
    PRICES,
    PRICES,
    st.none() | st.builds(IdleFee, PRICES, st.integers(0, 3_600), st.integers(0, 20_000)),
)


@given(tariff=TARIFFS, usage=USAGES, hold=st.integers(0, 100_000))
def test_both_come_to_the_same_due(tariff: Tariff, usage: Usage, hold: int) -> None:
    assert tariff.proven(usage).minor == proven_minor(tariff, usage)
    assert tariff.due(usage, Money(hold, tariff.currency)).due.minor == due_minor(tariff, usage, hold)
