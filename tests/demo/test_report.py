"""The comparison of the two books: each way in which they can differ is one sentence, and agreement is none."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from kiosk.demo.report import Entry, disagreements, entry_of, read_journal
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.states import Abandoned, Session, Settled, Step, Stuck, Why
from kiosk.flow.codec import ended_row, event_row
from kiosk.journal.store import open_journal
from tests.domain.given import OFFER, REFERENCE, after, answered, at, charging, linking, opened, settling

Books = dict[str, dict[str, Any]]


def settled() -> Session:
    """49.00 of 300.00 captured, the rest released, receipt and link sent."""
    session = after(linking(), answered(7_209, Step.LINK, note="link-1"))[0]
    assert isinstance(session, Settled)
    return session


def ledger(**changed: Any) -> Books:
    """Vipps' own account of that session."""
    receipt = {"orderLines": [{"totalAmount": 4_000}, {"totalAmount": 900}]}
    account = {"authorized": 30_000, "captured": 4_900, "cancelled": 25_100, "refunded": 0, "receipt": receipt}
    return {REFERENCE: account | changed}


def found(session: Session, books: Books) -> list[str]:
    return disagreements([entry_of(session)], books)


def test_books_that_agree_leave_nothing_to_say() -> None:
    assert found(settled(), ledger()) == []


@pytest.mark.parametrize(
    ("changed", "sentences"),
    [
        ({"captured": 4_901, "cancelled": 25_099}, ["has 4900 captured, Vipps has 4901", "has 25100 cancelled, Vipps has 25099"]),
        ({"cancelled": 0}, ["has 25100 cancelled, Vipps has 0"]),
        ({"authorized": 30_100}, ["4900 + 25100 is not the 30100 authorised"]),
        ({"refunded": 100}, ["Vipps has 100 refunded"]),
        ({"receipt": None}, ["receipt's lines do not add up to 4900"]),
        ({"receipt": {"orderLines": [{"totalAmount": 4_899}]}}, ["receipt's lines do not add up to 4900"]),
    ],
)  # fmt: skip
def test_a_sum_that_differs_by_one_is_said_with_both_sums(changed: dict[str, Any], sentences: list[str]) -> None:
    said = found(settled(), ledger(**changed))
    assert len(said) == len(sentences)
    for sentence, right in zip(said, sentences, strict=True):
        assert sentence.startswith(REFERENCE)
        assert right in sentence


def test_a_capture_that_is_not_the_due_is_said_although_both_books_have_it() -> None:
    entry = replace(entry_of(settled()), due=4_800)
    assert disagreements([entry], ledger()) == [f"{REFERENCE}: due 4800, captured 4900."]


def test_a_payment_that_only_one_book_knows_is_said() -> None:
    strange = ledger()[REFERENCE]
    assert found(settled(), ledger() | {"another": strange}) == ["Vipps knows another, the journal does not."]
    assert found(settled(), {}) == [f"{REFERENCE} is settled in the journal, but Vipps does not know it."]


def abandoned() -> Entry:
    return entry_of(Abandoned(OFFER, Why.REJECTED, at(60)))


@pytest.mark.parametrize(
    ("captured", "cancelled", "wrong"), [(0, 30_000, False), (0, 29_900, True), (100, 29_900, True)]
)
def test_an_abandoned_session_may_hold_nothing(captured: int, cancelled: int, *, wrong: bool) -> None:
    said = disagreements([abandoned()], ledger(captured=captured, cancelled=cancelled, receipt=None))
    assert [f"{REFERENCE} is abandoned, but Vipps holds" in sentence for sentence in said] == ([True] if wrong else [])


def test_an_offer_that_never_reached_vipps_is_no_disagreement() -> None:
    assert disagreements([abandoned()], {}) == []


def test_a_session_that_waits_for_a_person_is_said_with_its_reason() -> None:
    trouble = Trouble(Fault.PAYMENT_FOREIGN, "CAPTURED 1.00 NOK was not asked for by this station.")
    stuck = Stuck(settling(), trouble, at(7_300))
    assert found(stuck, ledger()) == [f"{REFERENCE} waits for a person: {trouble.detail}"]


@pytest.mark.parametrize("session", [charging(), settling()], ids=["charging", "settling"])
def test_a_session_that_has_not_ended_is_said(session: Session) -> None:
    assert found(session, ledger()) == [f"{REFERENCE} is not settled: {type(session).__name__}."]


async def test_the_journal_is_read_with_what_is_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    journal = open_journal(path, uuid4())
    event = answered(1, Step.CREATE, note="https://pay.example/1")
    rows = [event_row(REFERENCE, opened()), event_row(REFERENCE, event), ended_row(REFERENCE, "Abandoned", at(2))]
    await journal.append(rows)
    await journal.close()
    (entry,), wrong = read_journal(path)
    assert (entry.offer.reference, entry.why, wrong) == (REFERENCE, None, [])

    with closing(sqlite3.connect(path, isolation_level=None)) as somebody:
        somebody.execute("DROP TRIGGER event_no_update")
        somebody.execute("UPDATE event SET utc_ms = utc_ms + 1 WHERE seq = 2")
    assert read_journal(path)[1] == ["The journal's chain breaks at row 2."]
