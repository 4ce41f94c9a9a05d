"""`kiosk vipps` by hand, against the simulator over a real socket: what it changes, what it refuses, what it never says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from kiosk.__main__ import build
from kiosk.services.vipps.creation import PNG_MAGIC
from tests.cli.running import Ran, serving, write_config
from tests.cli.test_bad_input import assert_sentence, port_of

PHONE = "4798765432"
numbers = iter(range(10_000))


class Hand:
    """A person at the command line, and at the simulator's admin door."""

    def __init__(self, folder: Path, port: int) -> None:
        self.config = write_config(folder, vipps=port)
        self.url = f"http://127.0.0.1:{port}"

    def types(self, *words: object) -> Ran:
        texts = ["vipps", *map(str, words), "--config", str(self.config)]
        result = CliRunner().invoke(build(texts), texts)
        return Ran(result.exit_code, result.stdout, result.stderr)

    def gets(self, *words: object) -> Any:
        ran = self.types(*words, "--json")
        assert ran.code == 0, (ran.out, ran.err)
        return json.loads(ran.out)

    def does(self, path: str, body: object = None) -> None:
        httpx.post(f"{self.url}/_sim/{path}", json=body).raise_for_status()

    def approved(self, amount: str = "350") -> str:
        """A new payment that its driver has approved."""
        reference = new_reference()
        self.gets("payment", "create", reference, amount)
        self.does(f"payments/{reference}/approve")
        return reference

    def changes(self) -> list[str]:
        """The changing calls that have arrived at Vipps."""
        asked = httpx.get(f"{self.url}/_sim/requests").json()
        return [one["operation"] for one in asked if one["method"] != "GET" and one["operation"] != "token"]


def new_reference() -> str:
    return f"NO-SND-003-hand-{next(numbers)}"


@pytest.fixture(scope="module")
def vipps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    with serving("sim", "vipps", "--port", 0) as (line,):
        yield Hand(tmp_path_factory.mktemp("hand"), port_of(line))


@pytest.fixture
def hand(vipps: Hand) -> Hand:
    httpx.delete(f"{vipps.url}/_sim/faults").raise_for_status()
    return vipps


def test_a_payment_is_made_as_a_code_and_its_picture_is_kept(hand: Hand, tmp_path: Path) -> None:
    reference, picture = new_reference(), tmp_path / "code.png"
    made = hand.gets("payment", "create", reference, "350", "--image", picture, "--key", "my-key")
    assert (made["reference"], made["key"]) == (reference, "my-key")
    assert made["address"].startswith("http")
    assert picture.read_bytes().startswith(PNG_MAGIC)
    shown = hand.gets("payment", "show", reference)
    assert (shown["state"], shown["amount"]) == ("CREATED", "350.00 NOK")


def test_a_lost_creation_is_adopted_by_its_key(hand: Hand) -> None:
    reference = new_reference()
    hand.does("faults", {"kind": "lose-answer", "operation": "create"})
    assert_sentence(
        hand.types("payment", "create", reference, "350", "--key", f"1-{reference}"),
        f"--key 1-{reference}.",
        fault="network-away",
    )
    assert hand.types("payment", "create", reference, "350", "--key", f"1-{reference}").code == 0
    assert hand.types("payment", "create", reference, "350", "--key", f"2-{reference}").code == 3


def test_a_picture_that_cannot_be_written_leaves_the_payment_and_says_so(hand: Hand, tmp_path: Path) -> None:
    reference = new_reference()
    ran = hand.types("payment", "create", reference, "350", "--image", tmp_path)
    assert_sentence(ran, f"The payment {reference} is there", "withdraw", fault="disk-read-only")
    assert hand.gets("payment", "show", reference)["state"] == "CREATED"


def test_a_payment_is_made_for_the_drivers_own_phone(hand: Hand) -> None:
    reference = new_reference()
    made = hand.gets("payment", "create", reference, "350", "--return-url", "https://lad.example.no/c/1")
    assert made["address"].startswith("http")
    asked = [one for one in httpx.get(f"{hand.url}/_sim/payments").json() if one["reference"] == reference]
    assert "WEB_REDIRECT" in json.dumps(asked)


def test_a_pushed_payment_says_and_keeps_no_phone_number(hand: Hand) -> None:
    reference = new_reference()
    for words in ((), ("--json",)):
        ran = hand.types("payment", "create", reference, "350", "--phone", PHONE, "--key", f"of-{reference}", *words)
        assert ran.code == 0, ran.err
        assert PHONE not in ran.out + ran.err
    asked = [one for one in httpx.get(f"{hand.url}/_sim/payments").json() if one["reference"] == reference]
    assert "PUSH_MESSAGE" in json.dumps(asked)
    hand.does("faults", {"kind": "status", "operation": "create", "status": 400, "text": f"{PHONE} is no user"})
    refused = hand.types("payment", "create", new_reference(), "350", "--phone", PHONE)
    assert refused.code == 3
    assert PHONE not in refused.out + refused.err
    assert not [path for path in hand.config.parent.iterdir() if PHONE.encode() in path.read_bytes()]


@pytest.mark.parametrize("command", ["create NO-SND-003-1 10", "approve NO-SND-003-1"])
def test_a_phone_number_of_a_wrong_form_is_not_repeated(hand: Hand, command: str) -> None:
    ran = hand.types("payment", *command.split(), "--phone", f"+{PHONE}")
    assert ran.code == 2
    assert PHONE not in ran.err
    assert "9 to 15 digits" in ran.err


def test_a_withdrawal_ends_what_nobody_approved_and_keeps_what_somebody_did(hand: Hand) -> None:
    reference = new_reference()
    hand.gets("payment", "create", reference, "350")
    hand.gets("payment", "withdraw", reference)
    assert hand.gets("payment", "show", reference)["state"] == "TERMINATED"

    approved = hand.approved()
    assert_sentence(hand.types("payment", "withdraw", approved), "approved already", fault="release-refused")
    assert hand.gets("payment", "show", approved)["remaining"] == "350.00 NOK"


def test_more_than_what_remains_is_not_even_sent(hand: Hand) -> None:
    reference = hand.approved("350")
    hand.gets("payment", "capture", reference, "100")
    before = hand.changes()
    ran = hand.types("payment", "capture", reference, "250.01")
    assert_sentence(ran, "250.01 NOK", "at most 250.00 NOK", fault="capture-refused")
    ran = hand.types("payment", "refund", reference, "100.01")
    assert_sentence(ran, "100.01 NOK", "at most 100.00 NOK", fault="vipps-refused")
    assert hand.changes() == before

    assert hand.gets("payment", "refund", reference, "60")["refunded"] == "60.00 NOK"
    assert "at most 40.00 NOK" in hand.types("payment", "refund", reference, "40.01").err
    assert hand.gets("payment", "capture", reference, "250")["remaining"] == "0.00 NOK"


@pytest.mark.parametrize("act", ["capture", "refund"])
def test_a_lost_change_is_repeated_by_its_key_although_its_amount_does_not_remain(hand: Hand, act: str) -> None:
    reference = hand.approved("350")
    if act == "refund":
        hand.gets("payment", "capture", reference, "350")
    hand.does("faults", {"kind": "lose-answer", "operation": act})
    lost = hand.types("payment", act, reference, "200", "--json")
    assert lost.code == 3
    key = lost.json["detail"].rsplit("--key ", 1)[1].rstrip(".")
    account = hand.gets("payment", act, reference, "200", "--key", key)
    assert account["captured" if act == "capture" else "refunded"] == "200.00 NOK"


@pytest.mark.parametrize("act", ["capture", "refund"])
def test_a_payment_in_another_currency_is_left_alone(hand: Hand, tmp_path: Path, act: str) -> None:
    reference = hand.approved()
    before = hand.changes()
    config = write_config(tmp_path, 'currency = "NOK"', 'currency = "DKK"', vipps=hand.url.rsplit(":", 1)[1])
    words = ["vipps", "payment", act, reference, "10", "--config", str(config)]
    result = CliRunner().invoke(build(words), words)
    assert_sentence(Ran(result.exit_code, result.stdout, result.stderr), "350.00 NOK", "DKK", fault="payment-mismatch")
    assert hand.changes() == before


def test_a_receipt_by_hand_has_one_line_with_the_tariffs_vat_and_is_written_once(hand: Hand) -> None:
    reference = hand.approved()
    hand.gets("payment", "capture", reference, "148.37")
    ran = hand.types("receipt", "send", reference, "148.37")
    assert ran.code == 0
    assert "can be written only once" in ran.out
    (line,) = hand.gets("receipt", "show", reference)["receipt"]["orderLines"]
    assert (line["name"], line["totalAmount"], line["totalTaxAmount"], line["taxRate"]) == (
        "Ladeøkt",
        14837,
        2967,
        2500,
    )

    assert hand.gets("receipt", "send", reference, "148.37")["receipt"] == "exists"
    assert_sentence(hand.types("receipt", "send", reference, "148.36"), reference, fault="receipt-differs")


def test_a_receipt_whose_answer_was_lost_says_how_to_make_sure(hand: Hand) -> None:
    reference = hand.approved()
    hand.does("faults", {"kind": "lose-answer", "operation": "receipt"})
    assert_sentence(hand.types("receipt", "send", reference, "10"), "the very same again", fault="network-away")
    assert hand.gets("receipt", "send", reference, "10")["receipt"] == "exists"


def test_a_link_stands_beside_the_payment_and_the_last_one_wins(hand: Hand) -> None:
    reference = hand.approved()
    for number in (1, 2):
        hand.gets("receipt", "link", reference, f"https://lad.example.no/c/{number}")
    shown = hand.gets("receipt", "show", reference)
    assert shown["category"]["orderDetailsUrl"] == "https://lad.example.no/c/2"


def test_a_code_is_deleted_only_by_who_says_what_that_does(hand: Hand) -> None:
    hand.gets("qr", "register", "NO-SND-009", "https://lad.example.no/s/9")
    ran = hand.types("qr", "delete", "NO-SND-009")
    assert ran.code == 2
    assert "qr repoint" in ran.err
    assert "qr-delete" not in hand.changes()
    assert hand.gets("qr", "delete", "NO-SND-009", "--mounted-code-never-works-again") == {"deleted": "NO-SND-009"}
    assert hand.types("qr", "show", "NO-SND-009").code == 3
