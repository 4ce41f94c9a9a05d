"""The first label: registers a station's printed code at Vipps and sets it, decoded before it is kept."""

import time
from pathlib import Path

from kiosk.compose import make_clock, vipps_settings
from kiosk.config import Settings
from kiosk.domain.fault import FaultError
from kiosk.domain.outcome import Done
from kiosk.printing.label import Label
from kiosk.printing.pdf import label_pdf
from kiosk.printing.raster import label_png
from kiosk.printing.screenless import painting_app
from kiosk.services.vipps import Format, open_vipps
from kiosk.words.catalogue import open_words
from kiosk.words.label import call, caution, how_to_pay

DPI = 300


async def print_label(settings: Settings, station_id: str, out: Path) -> None:
    """Writes label.pdf and label.png. Raises FaultError if Vipps refuses the code, LabelError if it does not scan."""
    clock = make_clock(settings)
    target = f"{settings.site.public_url}/s/{station_id}"
    async with open_vipps(vipps_settings(settings), lambda: clock.now().utc_ms / 1000) as vipps:
        outcome = await vipps.qr.create(station_id, target, Format.TARGET)
    if not isinstance(outcome, Done):
        raise FaultError(outcome.trouble)
    label = _label(settings, station_id, outcome.value.content)
    app = painting_app()
    (out / "label.pdf").write_bytes(label_pdf(label))
    (out / "label.png").write_bytes(label_png(label, DPI))
    del app


def _label(settings: Settings, station_id: str, payload: str) -> Label:
    station = next(part for part in settings.station if part.id == station_id)
    words, english = open_words(settings.site.language), open_words("en")
    word, _, number = station.name.rpartition(" ")
    return Label(
        payload=payload,
        word=word,
        number=number,
        call=call(words),
        how_to_pay=(how_to_pay(settings.tariff.currency, words), call(english)),
        address=f"{(settings.site.public_url or '').removeprefix('https://')}/s/{station_id}",
        phone=settings.site.help_phone,
        caution=caution(words),
        imprint=f"{station_id} · {time.strftime('%Y-%m')}",
    )
