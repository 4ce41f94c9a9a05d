"""What charging costs: lines that add up, a hold that is never exceeded, and half up once per line."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kiosk.domain.money import Currency, Money
from kiosk.domain.receipt import Line, LineKind, Receipt
from kiosk.domain.tariff import IdleFee, Tariff, Usage, price_e4, shrink

RATES_BP = (0, 1_200, 2_500, 2_550)
FULL = Tariff(Currency.NOK, 49_000, 5_000, 200_000, IdleFee(20_000, grace_s=600, cap_minor=9_000))

prices = st.integers(0, 200_000)
idle_fees = st.none() | st.builds(IdleFee, prices, st.integers(0, 1_800), st.integers(0, 50_000))
tariffs = st.builds(Tariff, st.sampled_from(Currency), prices, prices, prices, idle_fees, st.sampled_from(RATES_BP))
usages = st.builds(Usage, st.integers(0, 200_000), *[st.integers(0, 90_000_000)] * 3)


def kroner(minor: int) -> Money:
    return Money(minor, Currency.NOK)


@pytest.mark.parametrize(
    ("rate_bp", "net", "tax"),
    [(2_500, 17_291, 4_323), (2_550, 17_222, 4_392), (0, 21_614, 0), (1_200, 19_298, 2_316)],
)
def test_216_14_is_split_as_the_law_says(rate_bp: int, net: int, tax: int) -> None:
    line = Line(LineKind.ENERGY, 44_110, 49_000, kroner(21_614), rate_bp)
    assert (line.net.minor, line.tax.minor) == (net, tax)


@given(st.integers(0, 10**9), st.sampled_from(RATES_BP) | st.integers(0, 10_000))
def test_net_and_tax_of_a_line_are_its_gross(gross: int, rate_bp: int) -> None:
    line = Line(LineKind.ENERGY, 1, 1, kroner(gross), rate_bp)
    assert line.net + line.tax == line.gross
    assert 0 <= line.tax.minor <= gross
    assert abs(line.net.minor * (10_000 + rate_bp) - gross * 10_000) * 2 <= 10_000 + rate_bp, (
        "net is off by over a half"
    )


@pytest.mark.parametrize(
    ("usage", "lines"),
    [
        (Usage(), []),
        (Usage(charging_ms=3_600_000, car_done_ms=3_600_000), []),
        (Usage(energy_wh=1), [("energy", 1, 0), ("session", 1, 2_000)]),
        (
            Usage(energy_wh=10_000, charging_ms=3_600_000),
            [("energy", 10_000, 4_900), ("minutes", 3_600, 3_000), ("session", 1, 2_000)],
        ),
        (
            Usage(1_000, 61_999, 660_000),
            [("energy", 1_000, 490), ("minutes", 61, 51), ("session", 1, 2_000), ("idle", 60, 200)],
        ),
        (Usage(1_000, 0, 600_000), [("energy", 1_000, 490), ("session", 1, 2_000)]),
        (Usage(1_000, 0, 86_400_000), [("energy", 1_000, 490), ("session", 1, 2_000), ("idle", 85_800, 9_000)]),
        (Usage(1_000, 0, 0, 86_400_000), [("energy", 1_000, 490), ("session", 1, 2_000)]),
    ],
    ids=[
        "nothing",
        "no energy, no price",
        "one Wh",
        "an hour",
        "a minute over the grace",
        "the grace is free",
        "the cap",
        "withheld is free",
    ],
)
def test_the_parts_of_a_price(usage: Usage, lines: list[tuple[str, int, int]]) -> None:
    seen = [(str(line.kind), line.quantity, line.gross.minor) for line in FULL.lines(usage)]
    assert seen == [line for line in lines if line[2]]


@given(tariffs, usages, st.integers(0, 300_000))
def test_the_lines_add_up_to_the_due_and_the_due_to_the_proven(tariff: Tariff, usage: Usage, hold: int) -> None:
    due = tariff.due(usage, Money(hold, tariff.currency))
    receipt = Receipt("r", "s", due.due, due.lines)
    assert sum(line.gross.minor for line in due.lines) == due.due.minor <= hold
    assert receipt.net + receipt.tax == receipt.total == due.due
    assert due.due + due.overrun == due.proven == tariff.proven(usage)
    assert due.due.minor == 0 or due.due >= tariff.currency.minimum
    assert all(line.gross.minor > 0 for line in due.lines)
    kinds = list(LineKind)
    assert [line.kind for line in due.lines] == sorted((line.kind for line in due.lines), key=kinds.index)


@given(tariffs, usages, usages, st.integers(0, 300_000))
def test_the_running_cost_never_falls(tariff: Tariff, usage: Usage, more: Usage, hold: int) -> None:
    later = Usage(
        usage.energy_wh + more.energy_wh,
        usage.charging_ms + more.charging_ms,
        usage.car_done_ms + more.car_done_ms,
        usage.withheld_ms + more.withheld_ms,
    )
    money = Money(hold, tariff.currency)
    assert tariff.proven(usage) <= tariff.proven(later)
    assert tariff.due(usage, money).due <= tariff.due(later, money).due <= money


@given(tariffs, usages, st.integers(0, 300_000))
def test_no_energy_costs_nothing_whatever_the_tariff(tariff: Tariff, usage: Usage, hold: int) -> None:
    due = tariff.due(replace(usage, energy_wh=0), Money(hold, tariff.currency))
    assert (due.due.minor, due.proven.minor, due.overrun.minor, due.lines) == (0, 0, 0, ())


@given(tariffs, usages, st.integers(0, 90_000_000))
def test_time_that_the_station_withheld_power_costs_nothing(tariff: Tariff, usage: Usage, withheld_ms: int) -> None:
    assert tariff.lines(usage) == tariff.lines(replace(usage, withheld_ms=withheld_ms))


@pytest.mark.parametrize(("currency", "smallest_wh"), [(Currency.NOK, 204), (Currency.DKK, 2), (Currency.EUR, 2)])
def test_below_the_market_minimum_nothing_is_due_and_the_operator_bears_it(
    currency: Currency, smallest_wh: int
) -> None:
    tariff, hold = Tariff(currency, 49_000), Money(30_000, currency)
    below, least = (tariff.due(Usage(energy_wh=wh), hold) for wh in (smallest_wh - 1, smallest_wh))
    assert (below.due.minor, below.overrun, below.lines) == (0, below.proven, ())
    assert least.due == least.proven == currency.minimum


def test_the_idle_fee_takes_only_what_the_hold_has_left() -> None:
    usage = Usage(energy_wh=10_000, charging_ms=3_600_000, car_done_ms=10_000_000)
    due = FULL.due(usage, kroner(12_000))
    assert [(str(line.kind), line.gross.minor) for line in due.lines] == [
        ("energy", 4_900),
        ("minutes", 3_000),
        ("session", 2_000),
        ("idle", 2_100),
    ]
    assert due.overrun == kroner(18_900 - 12_000)


def test_lines_shrink_from_the_last_one_and_drop_when_empty() -> None:
    lines = FULL.lines(Usage(energy_wh=10_000, charging_ms=3_600_000))
    assert [line.gross.minor for line in shrink(lines, kroner(7_950))] == [4_900, 3_000, 50]
    assert [line.gross.minor for line in shrink(lines, kroner(4_900))] == [4_900]
    assert shrink(lines, kroner(0)) == ()


@pytest.mark.parametrize(
    ("done_s", "spent"), [(0, False), (600, False), (600 + 2_699, False), (600 + 2_700, True), (90_000, True)]
)
def test_the_idle_fee_is_spent_at_its_cap(done_s: int, spent: bool) -> None:
    assert FULL.idle_spent(Usage(car_done_ms=done_s * 1000)) is spent
    assert Tariff(Currency.NOK, 1).idle_spent(Usage(car_done_ms=done_s * 1000)) is False


@given(tariffs, st.integers(0, 100_000), st.integers(1_000, 350_000))
def test_the_energy_that_a_hold_buys_is_the_largest_that_fits(tariff: Tariff, hold: int, power_w: int) -> None:
    money = Money(hold, tariff.currency)
    bought = tariff.buys_wh(money, power_w)

    def cost(wh: int) -> Money:
        return tariff.proven(Usage(energy_wh=wh, charging_ms=wh * 3_600_000 // power_w))

    assert cost(bought) <= money
    assert bought == 10_000_000 or cost(bought + 1) > money


@given(tariffs, usages, st.integers(0, 300_000), st.integers(0, 120), st.integers(0, 350_000), st.data())
def test_what_does_not_outrun_the_hold_cannot_cost_more_than_it(
    tariff: Tariff, usage: Usage, hold: int, seconds: int, power_w: int, data: st.DataObject
) -> None:
    money = Money(hold, tariff.currency)
    assume(not tariff.outruns(usage, money, seconds, power_w))
    for_ms = data.draw(st.integers(0, seconds * 1000))
    wh = data.draw(st.integers(0, power_w * for_ms // 3_600_000))
    ahead = replace(usage, energy_wh=usage.energy_wh + wh, charging_ms=usage.charging_ms + for_ms)
    assert tariff.proven(ahead) <= money
    assert not tariff.due(ahead, money).overrun or tariff.proven(ahead) < tariff.currency.minimum


def test_a_hold_that_exactly_covers_the_next_seconds_is_not_outrun() -> None:
    tariff = Tariff(Currency.NOK, 49_000)
    ahead = Usage(energy_wh=10_000 + 21)  # 10 s at 7 400 W are 20.6 Wh, and a started Wh counts
    exact = tariff.proven(ahead)
    assert tariff.outruns(Usage(energy_wh=10_000), exact, 10, 7_400) is False
    assert tariff.outruns(Usage(energy_wh=10_000), exact - kroner(1), 10, 7_400) is True


@pytest.mark.parametrize(
    ("text", "price"), [("4.90", 49_000), ("0", 0), ("0.0001", 1), ("999999.9999", 9_999_999_999), ("12", 120_000)]
)
def test_a_price_is_digits_with_up_to_four_decimals(text: str, price: int) -> None:
    assert price_e4(text) == price


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "4,90", "1e3", "4.", ".5", "4.12345", "1234567", "NaN", " 4", "4\n", "4.90 ", "٤"]
)
def test_anything_else_is_no_price(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no price; write digits"):
        price_e4(text)


def test_the_fingerprint_changes_with_any_part_of_the_price() -> None:
    assert FULL.idle is not None
    others = [
        replace(FULL, currency=Currency.DKK),
        replace(FULL, energy_e4=49_001),
        replace(FULL, minute_e4=5_001),
        replace(FULL, session_e4=200_001),
        replace(FULL, idle=None),
        replace(FULL, idle=replace(FULL.idle, price_e4=1)),
        replace(FULL, idle=replace(FULL.idle, grace_s=1)),
        replace(FULL, idle=replace(FULL.idle, cap_minor=1)),
        replace(FULL, vat_bp=2_550),
    ]
    prints = {tariff.fingerprint for tariff in (FULL, *others)}
    assert len(prints) == 1 + len(others)
    assert replace(FULL).fingerprint == FULL.fingerprint
    assert len(FULL.fingerprint) == 16


def test_a_receipt_whose_lines_do_not_add_up_cannot_be_made() -> None:
    line = Line(LineKind.ENERGY, 1_000, 49_000, kroner(490), 2_500)
    with pytest.raises(ValueError, match="do not add up to"):
        Receipt("r", "s", kroner(491), (line,))
