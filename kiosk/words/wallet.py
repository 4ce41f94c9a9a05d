"""What the driver's payment app is called: Vipps where it pays in kroner of Norway, MobilePay elsewhere."""

from kiosk.domain.money import Currency


def wallet(currency: Currency) -> str:
    return "Vipps" if currency is Currency.NOK else "MobilePay"
