"""Events and intents survive the journal's text unchanged, and what this version does not know is refused with a sentence."""

from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.domain.commands import Intent, LinkSession
from kiosk.domain.events import Event, Opened
from kiosk.domain.money import Currency, Money
from kiosk.domain.receipt import Line, LineKind, Receipt
from kiosk.domain.tariff import Due
from kiosk.flow import codec
from kiosk.flow.codec import decode_due, decode_event, due_row, ended_row, event_row, intent_row
from tests.domain.given import at, opened


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    currency = draw(st.sampled_from(Currency))
    amounts = draw(st.lists(st.integers(0, 10**9), max_size=4))
    kinds = st.sampled_from(LineKind)
    lines = tuple(Line(draw(kinds), draw(st.integers()), 1, Money(gross, currency), 2_500) for gross in amounts)
    return Receipt(draw(st.text()), draw(st.text()), Money(sum(amounts), currency), lines)


st.register_type_strategy(Receipt, receipts())
ANYTHING = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("kind", get_args(Event))
@ANYTHING
@given(data=st.data())
def test_every_event_comes_back_as_it_was(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(st.from_type(kind))
    row = event_row("session-1", event)
    assert decode_event(row.kind, row.body) == event
    assert (row.session, row.at) == ("session-1", event.at)
    assert "\n" not in row.body


@pytest.mark.parametrize("kind", get_args(Intent))
@ANYTHING
@given(data=st.data())
def test_every_intent_can_be_read_back_from_its_row(kind: type[Any], data: st.DataObject) -> None:
    intent = data.draw(st.from_type(kind))
    row = intent_row("session-1", intent, at(0))
    assert row.kind == f"intent:{kind.__name__}"
    assert codec._adapter(kind.__name__).validate_json(row.body) == intent
    assert decode_event(row.kind, row.body) is None, "an intent is not an event: folding passes over it"


@ANYTHING
@given(due=...)
def test_a_due_comes_back_with_its_lines(due: Due) -> None:
    row = due_row("session-1", due, at(0))
    assert decode_due(row.body) == due
    assert decode_event(row.kind, row.body) is None, "a due is not an event"


def test_the_scan_sees_every_event_and_every_intent() -> None:
    assert len(codec.EVENTS) == len(get_args(Event)) == 9
    assert len(codec.INTENTS) == len(get_args(Intent)) == 7


def test_the_enums_and_money_come_back_as_themselves() -> None:
    row = event_row("session-1", opened())
    event = decode_event(row.kind, row.body)
    assert isinstance(event, Opened)
    assert event.offer.hold.currency is Currency.NOK
    assert event.offer.tariff.fingerprint == opened().offer.tariff.fingerprint


def test_an_end_is_not_an_event() -> None:
    row = ended_row("session-1", "Settled", at(0))
    assert decode_event(row.kind, row.body) is None
    assert row.body == '{"state":"Settled"}'


@pytest.mark.parametrize("kind", ["event:Teleported", "Teleported", "note:Ticked"])
def test_an_unknown_kind_is_refused_with_what_to_do(kind: str) -> None:
    with pytest.raises(ValueError, match=r"has an event '.*' that this version does not know\. Update the kiosk\."):
        decode_event(kind, "{}")


@pytest.mark.parametrize("body", ["", "{}", '{"at":', '{"at":{"utc_ms":1.5,"boot":"b","mono_ms":1}}', "null"])
def test_a_body_that_is_not_its_kind_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match="Ticked"):
        decode_event("event:Ticked", body)


def test_a_row_tells_what_it_is_to_a_person() -> None:
    row = intent_row("session-1", LinkSession("session-1", "https://lade.example/c/1"), at(0))
    assert row.body == '{"reference":"session-1","url":"https://lade.example/c/1"}'
