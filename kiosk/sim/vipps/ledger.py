"""The books: what happened to every payment, to the minor unit, for whoever wants to check a client's own."""

from dataclasses import asdict

from kiosk.sim.vipps.payment import Payment
from kiosk.sim.vipps.refusals import Json
from kiosk.sim.vipps.unit import Order, SalesUnit

SUMS = ("authorized", "captured", "cancelled", "refunded")


def ledger(unit: SalesUnit) -> Json:
    """`payments` by reference, and `totals` over all of them in minor units of the market's currency."""
    payments = unit.all_payments()
    return {
        "currency": unit.rules.market,
        "payments": {
            payment.reference: _account(payment, unit.orders.get(_order_key(payment))) for payment in payments
        },
        "totals": {name: sum(getattr(payment, name) for payment in payments) for name in SUMS}
        | {"payments": len(payments), "receipts": sum(order.receipt is not None for order in unit.orders.values())},
        "redirects": {code.id: code.redirect_url for each in unit.redirects if (code := unit.redirect(each))},
    }


def _order_key(payment: Payment) -> tuple[str, str]:
    return "ECOM", payment.reference


def _account(payment: Payment, order: Order | None) -> Json:
    return {
        "state": payment.state,
        "amount": payment.amount,
        **{name: getattr(payment, name) for name in SUMS},
        "remaining": payment.remaining,
        "receipt": order.receipt if order else None,
        "category": order.category if order else None,
        "effects": [asdict(effect) for effect in payment.effects],
    }
