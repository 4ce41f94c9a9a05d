"""The customer's phone as a plain page: every open payment with Approve and Reject, and the landing page of one."""

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from kiosk.sim.vipps.codes import LANDING
from kiosk.sim.vipps.payment import Payment
from kiosk.sim.vipps.refusals import GatewayRefusal
from kiosk.sim.vipps.unit import SalesUnit

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Simulated phone</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
{% if refresh %}<meta http-equiv="refresh" content="2">{% endif %}
<style>
body { font: 18px/1.4 sans-serif; max-width: 26rem; margin: 0 auto; padding: 1rem; background: #f4f2f0; color: #222; }
article { background: #fff; border-radius: 12px; padding: 1rem; margin: 1rem 0; }
.amount { font-size: 1.8rem; font-weight: bold; }
small { color: #666; overflow-wrap: anywhere; }
form { display: inline; }
button { font: inherit; padding: .8rem 1.2rem; border: 0; border-radius: 24px; margin: .5rem .5rem 0 0; cursor: pointer; }
button.yes { background: #ff5b24; color: #fff; }
</style></head><body>
<h1>Simulated phone</h1>
{% for payment in open %}
<article>
<div class="amount">{{ money(payment.amount) }} {{ payment.currency }}</div>
<p>{{ payment.description or "(no description)" }}</p>
<small>{{ payment.reference }}</small><br>
<form method="post" action="/_sim/phone/{{ payment.reference }}/approve"><button class="yes">Approve</button></form>
<form method="post" action="/_sim/phone/{{ payment.reference }}/reject"><button>Reject</button></form>
</article>
{% else %}<p>Nothing to pay.</p>{% endfor %}
{% for payment in done %}
<article><small>{{ payment.reference }}</small><br>
{{ payment.state }}: {{ money(payment.amount) }} {{ payment.currency }} reserved,
{{ money(payment.captured) }} charged, {{ money(payment.cancelled) }} released.</article>
{% endfor %}
</body></html>"""
DONE_SHOWN = 5


class PhoneDoor:
    def __init__(self, unit: SalesUnit) -> None:
        self.unit = unit
        self._page = Environment(autoescape=True).from_string(PAGE)

    def routes(self) -> list[Route]:
        return [
            Route("/_sim/phone", self.show),
            Route("/_sim/phone/{reference}/{answer:str}", self.answer, methods=["POST"]),
            Route(f"/{LANDING}", self.land),
        ]

    async def show(self, _request: Request) -> Response:
        payments = self.unit.all_payments()
        open_ones = [payment for payment in payments if payment.state == "CREATED" and not payment.ignored]
        done = [payment for payment in payments if payment.state != "CREATED"][:DONE_SHOWN]
        return self._render(open_ones, done, refresh=True)

    async def land(self, request: Request) -> Response:
        """Where `redirectUrl` of a WEB_REDIRECT leads. A payment that is over sends the browser on."""
        payment = self._by_token(request.query_params.get("token", ""))
        if payment.state != "CREATED":
            return self._go_on(payment)
        return self._render([payment], [], refresh=False)

    async def answer(self, request: Request) -> Response:
        payment = self.unit.payment(request.path_params["reference"])
        if request.path_params["answer"] == "approve":
            payment.approve(self.unit.now_ms())
        else:
            payment.reject(self.unit.now_ms())
        return self._go_on(payment)

    def _go_on(self, payment: Payment) -> Response:
        return RedirectResponse(payment.return_url or "/_sim/phone", status_code=303)

    def _by_token(self, token: str) -> Payment:
        for payment in self.unit.all_payments():
            if payment.token == token:
                return payment
        raise GatewayRefusal(404, "This payment does not exist.")

    def _render(self, open_ones: list[Payment], done: list[Payment], *, refresh: bool) -> Response:
        page = self._page.render(open=open_ones, done=done, money=_money, refresh=refresh)
        return HTMLResponse(page)


def _money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
