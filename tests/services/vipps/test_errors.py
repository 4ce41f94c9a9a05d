"""The class of an error says what it means for the money."""

import inspect

import pytest

from kiosk.services.vipps import errors
from kiosk.services.vipps.errors import (
    Between,
    Busy,
    Doubtful,
    KeysRejected,
    Rejected,
    ServerFailed,
    Unreadable,
    VippsError,
    error_of,
    retry_after_s,
)
from kiosk.services.vipps.problem import Problem

NOW_S = 1_795_000_000.0

# fmt: off
CLASSES = [
    (204, "",     Unreadable),   (301, "",     Between),      (307, "",     Between),
    (400, "",     Rejected),     (400, "6090", Rejected),     (402, "",     Rejected),
    (401, "",     KeysRejected), (401, "5080", KeysRejected), (403, "",     KeysRejected),
    (403, "5080", Rejected),     (404, "5090", Rejected),     (409, "4010", Rejected),
    (422, "5070", Rejected),     (408, "",     ServerFailed), (425, "",     ServerFailed),
    (423, "",     Busy),         (429, "",     Busy),         (400, "6160", Busy),
    (409, "6250", Busy),         (500, "6280", Busy),         (500, "3010", ServerFailed),
    (502, "",     ServerFailed), (503, "",     ServerFailed), (504, "6090", ServerFailed),
]
# fmt: on


@pytest.mark.parametrize(("status", "code", "kind"), CLASSES)
def test_status_and_code_decide_and_nothing_else(status: int, code: str, kind: type[VippsError]) -> None:
    assert type(error_of(Problem(status, code))) is kind


def test_every_class_descends_from_the_one_root_and_stands_in_the_drawing() -> None:
    classes = [one for _, one in inspect.getmembers(errors, inspect.isclass) if one.__module__ == errors.__name__]

    assert len(classes) == 12
    assert all(issubclass(one, VippsError) for one in classes)
    assert all(one.__name__ in (errors.__doc__ or "") for one in classes)


def test_what_is_in_doubt_is_never_a_refusal() -> None:
    assert not issubclass(Doubtful, Rejected)
    assert all(issubclass(one, Doubtful) for one in (Busy, ServerFailed, Unreadable, Between))


# fmt: off
WAITS = [
    ("12",                             12.0),
    ("0",                              0.0),
    ("Sat, 21 Nov 2026 00:00:00 GMT",  None),
    ("99999999999999999999",           86_400.0),
    ("-5",                             None),
    ("soon",                           None),
    ("",                               None),
    ("٣",                              None),
]
# fmt: on


@pytest.mark.parametrize(("value", "expected_s"), WAITS)
def test_retry_after_is_read_where_it_makes_sense(value: str, expected_s: float | None) -> None:
    found_s = retry_after_s({"Retry-After": value}, NOW_S)

    if "GMT" in value:
        assert found_s is not None
        assert 0 <= found_s <= 86_400
    else:
        assert found_s == expected_s


def test_a_date_in_retry_after_counts_from_business_time() -> None:
    date = {"Retry-After": "Wed, 18 Nov 2026 11:07:40 GMT"}

    assert retry_after_s(date, 1_795_000_040.0) == 20.0
    assert retry_after_s(date, 1_795_000_400.0) == 0.0


def test_an_error_without_a_vipps_code_is_known_by_its_status() -> None:
    assert error_of(Problem(418)).code == "http-418"
    assert error_of(Problem(400, "6090")).code == "6090"
