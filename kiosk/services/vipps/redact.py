"""Cover keys, tokens and phone numbers in every text that leaves this package: log lines, errors, sentences."""

import re
from collections import deque
from collections.abc import Iterable

COVER = "•••"
TOKENS_KEPT = 8
SHORTEST = 6  # a shorter "secret" would cover half of every sentence

PATTERNS = (
    re.compile(r"(?<=Bearer )\S+", re.IGNORECASE),
    re.compile(r"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"),
    re.compile(r"(?<=token=)[^&\s\"'<>]+"),
    re.compile(
        r"(?<=[\"'])(?P<name>access_token|client_secret|phoneNumber|msisdn|personalQr|customerToken)"
        r"(?P<gap>\\?[\"']\s*:\s*)(?P<value>\\?\"[^\"\\]*\\?\"?|'[^']*'?|\d+)",  # also in JSON within JSON
        re.IGNORECASE,
    ),
    re.compile(r"(?<![\w-])\+?\d{9,15}(?![\w-])"),  # an MSISDN, wherever it stands
)


class Veil:
    """Knows the secrets of one set of keys, and learns each token. Its own repr shows none of them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secret for secret in secrets if len(secret) >= SHORTEST)
        self._tokens: deque[str] = deque(maxlen=TOKENS_KEPT)

    def learn(self, token: str) -> None:
        self._tokens.append(token)

    def cover(self, text: str) -> str:
        for secret in (*self._secrets, *self._tokens):
            text = text.replace(secret, COVER)
        for pattern in PATTERNS:
            text = pattern.sub(_covered, text)
        return text


def _covered(match: re.Match[str]) -> str:
    named = match.groupdict()
    return f'{named["name"]}{named["gap"]}"{COVER}"' if named else COVER
