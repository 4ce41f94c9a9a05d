"""A simulated Vipps whose time stands until a test moves it, and a caller that knows its keys."""

import json
from typing import Any

import httpx

from kiosk.sim.clock import SimClock
from kiosk.sim.vipps import Rules, Simulator
from tests.specs import InProcess, SpecChecked

START_MS = 1_790_000_000_000
REFERENCE = "kiosk-0001-a"
KEYS = {"Ocp-Apim-Subscription-Key": "simulator-subscription-key", "Merchant-Serial-Number": "123456"}
CLIENT = {"client_id": "00000000-0000-4000-8000-000000000001", "client_secret": "simulator-secret"}
Json = dict[str, Any]
GONE = object()


class StandingTime:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Bench:
    """`http` judges every exchange; `careless` only the answers, for requests that are wrong on purpose."""

    def __init__(self, rules: Rules | None = None, seed: int = 0) -> None:
        self.time = StandingTime()
        self.clock = SimClock(utc_ms=START_MS, real_s=self.time)
        self.app = Simulator(self.clock, rules or Rules(), seed)
        self.judge = SpecChecked(InProcess(app=self.app))
        self.http = httpx.AsyncClient(transport=self.judge, base_url="http://vipps.sim")
        self.careless = httpx.AsyncClient(
            transport=SpecChecked(InProcess(app=self.app), requests=False), base_url="http://vipps.sim"
        )
        self._token = self.app.unit.tokens.issue(self.clock.utc_ms())
        self._keys = 0

    def pass_time(self, seconds: float) -> None:
        """Let time go by; the token in use is a fresh one, so that only its own tests see one end."""
        self.time.now_s += seconds
        self._token = self.app.unit.tokens.issue(self.clock.utc_ms())

    def headers(self, key: str | None = None, **more: str) -> dict[str, str]:
        own = {"Idempotency-Key": key} if key else {}
        return {"Authorization": f"Bearer {self._token}"} | KEYS | own | more

    def fresh_key(self) -> str:
        self._keys += 1
        return f"key-{self._keys}"

    async def create(self, key: str | None = None, **changes: object) -> httpx.Response:
        headers = self.headers(key or self.fresh_key())
        return await self.careless.post("/epayment/v1/payments", headers=headers, json=new_payment(**changes))

    async def approved(self, value: int = 35_000, reference: str = REFERENCE) -> None:
        created = await self.create(
            reference=reference, amount={"currency": self.app.unit.rules.market, "value": value}
        )
        assert created.status_code == 201, created.text
        assert (await self.http.post(f"/_sim/payments/{reference}/approve")).status_code == 200

    async def change(
        self,
        operation: str,
        value: int | None = None,
        key: str | None = None,
        reference: str = REFERENCE,
        **body: object,
    ) -> httpx.Response:
        """capture, refund, or cancel (with `value` None)."""
        if value is not None:
            body["modificationAmount"] = {"currency": self.app.unit.rules.market, "value": value}
        content: Json = {"json": body} if body else {}
        headers = self.headers(key or self.fresh_key())
        return await self.careless.post(f"/epayment/v1/payments/{reference}/{operation}", headers=headers, **content)

    async def payment(self, reference: str = REFERENCE) -> Json:
        answer = await self.http.get(f"/epayment/v1/payments/{reference}", headers=self.headers())
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def events(self, reference: str = REFERENCE) -> list[Json]:
        """Oldest first."""
        answer = await self.http.get(f"/epayment/v1/payments/{reference}/events", headers=self.headers())
        assert answer.status_code == 200, answer.text
        return sorted(answer.json(), key=lambda event: str(event["timestamp"]))

    async def books(self, reference: str = REFERENCE) -> Json:
        found: Json = (await self.http.get("/_sim/ledger")).json()["payments"][reference]
        return found

    async def break_line(self, **fault: object) -> None:
        answer = await self.http.post("/_sim/faults", json=fault)
        assert answer.status_code == 200, answer.text

    async def aclose(self) -> None:
        await self.http.aclose()
        await self.careless.aclose()


def new_payment(**changes: object) -> Json:
    """A payment as the glass asks for it, with `changes` laid over it; GONE takes a field out."""
    body: Json = {
        "amount": {"currency": "NOK", "value": 35_000},
        "paymentMethod": {"type": "WALLET"},
        "reference": REFERENCE,
        "userFlow": "QR",
        "customerInteraction": "CUSTOMER_PRESENT",
        "qrFormat": {"format": "IMAGE/PNG", "size": 400},
        "paymentDescription": "Charging at post 1. You only pay for what you use.",
        "metadata": {"station": "post-1"},
    }
    return {name: value for name, value in (body | changes).items() if value is not GONE}


def code_of(answer: httpx.Response) -> str:
    """The Vipps code of a refusal, empty where there is none."""
    details = json.loads(answer.content).get("extraDetails") or []
    return next((each["reason"] for each in details if each["name"] == "ErrorCode"), "")


def sums(payment: Json) -> tuple[int, int, int, int]:
    """Authorized, captured, cancelled, refunded."""
    names = ("authorizedAmount", "capturedAmount", "cancelledAmount", "refundedAmount")
    one, two, three, four = (payment["aggregate"][name]["value"] for name in names)
    return one, two, three, four


def receipt(
    total: int = 12_500, net: int = 10_000, tax: int = 2_500, rate: int | None = 2500, **changes: object
) -> Json:
    line: Json = {
        "name": "Charging",
        "id": "energy",
        "totalAmount": total,
        "totalAmountExcludingTax": net,
        "totalTaxAmount": tax,
        "unitInfo": {"unitPrice": 500, "quantity": "25.000", "quantityUnit": "KWH"},
    }
    line = (line if rate is None else line | {"taxRate": rate}) | changes
    return {"orderLines": [line], "bottomLine": {"currency": "NOK", "posId": "post-1", "receiptNumber": "1"}}
