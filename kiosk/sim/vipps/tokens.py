"""Access tokens: many may live at once, each for its own while, until somebody revokes them all."""

import base64
import random

TOKEN_BYTES = 780  # real ones are JWTs of a thousand characters and more


class Tokens:
    def __init__(self, life_s: int, draw: random.Random) -> None:
        self.life_s = life_s
        self._draw = draw
        self._end_ms: dict[str, int] = {}

    def issue(self, now_ms: int) -> str:
        token = "eyJ0" + base64.b64encode(self._draw.randbytes(TOKEN_BYTES)).decode()
        self._end_ms[token] = now_ms + self.life_s * 1000
        return token

    def valid(self, token: str, now_ms: int) -> bool:
        return now_ms < self._end_ms.get(token, 0)

    def revoke(self) -> None:
        self._end_ms.clear()
