"""A strict Vipps MobilePay on this machine: ePayment, QR, Order Management and tokens for one sales unit.

It is written from the API's own facts and shares no code with the client. `create_app` is one state machine with two
doors: ASGI in-process, or a socket with `serving`.
"""

from kiosk.sim.vipps.app import Simulator, create_app
from kiosk.sim.vipps.rules import Rules
from kiosk.sim.vipps.server import run, serving

__all__ = ["Rules", "Simulator", "create_app", "run", "serving"]
