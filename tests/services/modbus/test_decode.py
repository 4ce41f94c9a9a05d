"""Registers to exact numbers, against values worked out by hand."""

from decimal import Decimal

import pytest

from kiosk.services.modbus.decode import Kind, Order, number, step, text, whole


@pytest.mark.parametrize(
    ("kind", "words", "order", "value"),
    [
        ("u16", [0xFFFF], "msw", "65535"),
        ("i16", [0xFFFF], "msw", "-1"),
        ("u32", [0x0001, 0x0000], "msw", "65536"),
        ("u32", [0x0001, 0x0000], "lsw", "1"),
        ("i32", [0xD6B0, 0xFFFF], "lsw", "-10576"),
        ("u64", [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF], "msw", "18446744073709551615"),
        ("i64", [0xFFFE, 0xFFFF, 0xFFFF, 0xFFFF], "lsw", "-2"),
        ("f32", [0x3DCC, 0xCCCD], "msw", "0.100000001490116119384765625"),
        ("f32", [0x0000, 0x4366], "lsw", "230"),
        ("f64", [0x4167, 0x8C29, 0xE000, 0x0000], "msw", "12345679"),
    ],
)
def test_numbers_are_exactly_what_the_registers_hold(kind: Kind, words: list[int], order: Order, value: str) -> None:
    assert number(kind, words, order) == Decimal(value)


@pytest.mark.parametrize("words", [[0x7FC0, 0], [0x7F80, 0], [0xFF80, 0]])
def test_not_a_number_and_infinity_are_no_value(words: list[int]) -> None:
    assert number("f32", words, "msw") is None


@pytest.mark.parametrize(
    ("words", "kwh"), [([0x467F, 0xFFFF], 16_384), ([0x4680, 0x0000], 32_768), ([0x4700, 0x0000], 65_536)]
)
def test_a_float_knows_how_coarse_it_has_become(words: list[int], kwh: int) -> None:
    step_wh = {16_384: "0.9765625", 32_768: "1.953125", 65_536: "3.90625"}[kwh]
    assert step("f32", words, "msw") * 1000 == Decimal(step_wh)


def test_whole_numbers_have_a_step_of_one() -> None:
    assert step("u32", [0, 0], "msw") == 1


def test_rounding_is_to_the_nearest_with_halves_up() -> None:
    assert [whole(Decimal(value)) for value in ("12345677.734375", "0.5", "1.5", "2.5", "2.499")] == [
        12345678,
        1,
        2,
        3,
        2,
    ]


def test_letters_lose_their_padding_and_anything_else_is_no_text() -> None:
    assert text([0x4B58, 0x3100]) == "KX1"
    assert text([0, 0]) is None
    assert text([0xFFFF]) is None
    assert text([0x4107]) is None
