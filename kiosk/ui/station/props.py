"""From a station's view and what the glass remembers to what is shown. Pure: no Qt, no clock, no state."""

from dataclasses import replace
from typing import assert_never

from kiosk.domain.energy import Instant
from kiosk.domain.states import (
    Abandoned,
    Asked,
    Charging,
    Door,
    Late,
    Offered,
    Ready,
    Returning,
    Session,
    Settled,
    Settling,
    Stopping,
    Stuck,
    Waiting,
    Withdrawing,
)
from kiosk.domain.view import StationInfo, StationView
from kiosk.ui.station import choosing, ending, notices, running
from kiosk.ui.station.glass import Glass, Place, chosen_hold, shown
from kiosk.ui.station.parts import Footer, Header, Language, Page, Pill, StationProps
from kiosk.ui.station.status import status
from kiosk.words.amounts import clock, duration, phone_number
from kiosk.words.catalogue import Words

WARN_S = 20

Views = tuple[StationView, ...]


def derive(views: Views, glass: Glass, words: Words, now: Instant) -> StationProps:
    view = shown(views, glass)
    frame = StationProps(
        header=_header(views, view, glass, words),
        footer=_footer(views, view, glass, words, now),
        dimmed=glass.dimmed,
        wake=words.text("Touch to wake the screen"),
    )
    if view is None:
        pills = tuple(status(each, words) for each in views)
        return replace(frame, page=Page.TILES, tiles=choosing.tiles(views, pills, words))
    if view.session is not None:
        return _in_session(frame, view, view.session, glass, words, now)
    if view.turned_away is not None:
        return _notice(frame, notices.turned_away(view, view.turned_away, words))
    if glass.sent == "pay":
        return _notice(frame, notices.making(view, None, words))
    if view.trouble is not None:
        return _notice(frame, notices.out_of_order(view, view.trouble, words))
    if view.offline_since is not None:
        return _notice(frame, notices.offline(view, view.offline_since, words, _working(views, view)))
    return _choosing(frame, views, view, glass, words)


def _choosing(frame: StationProps, views: Views, view: StationView, glass: Glass, words: Words) -> StationProps:
    frame = replace(frame, pill=status(view, words), chosen=chosen_hold(view, glass))
    match glass.place:
        case Place.HOLD:
            return replace(frame, page=Page.HOLD, hold=choosing.hold(view.info, words))
        case Place.TERMS:
            return replace(frame, page=Page.TERMS, terms=choosing.terms(view.info, words))
        case Place.HOME | Place.CODE:
            return replace(frame, page=Page.READY, ready=choosing.ready(view.info, words, several=len(views) > 1))
        case _:
            assert_never(glass.place)


def _in_session(
    frame: StationProps, view: StationView, session: Session, glass: Glass, words: Words, now: Instant
) -> StationProps:
    match session:
        case Offered(offer=offer) if offer.door is Door.PHONE:
            return _notice(frame, notices.on_the_phone(session, words, now))
        case Offered() if view.code_png:
            pill = Pill(words.text("Pay"), "clock", "info")
            return replace(frame, page=Page.PAY, pill=pill, pay=running.pay(view, session, view.code_png, words, now))
        case Asked() | Offered():
            return _notice(frame, notices.making(view, session, words))
        case Withdrawing():
            return _notice(frame, notices.withdrawing(view, session, words))
        case Late():
            return _notice(frame, notices.late(session, words, now))
        case Ready() | Waiting():
            return _notice(frame, notices.plug_in(view, session, words, now))
        case Charging() if glass.place is Place.CODE:
            pad = running.code(view, session, glass, words, now)
            return replace(frame, page=Page.CODE, pill=status(view, words), code=pad)
        case Charging():
            account = running.charging(view, session, words, now)
            return replace(frame, page=Page.CHARGING, pill=status(view, words), charging=account)
        case Returning():
            return _notice(frame, notices.returning(session, words))
        case Stopping():
            return _notice(frame, notices.stopping(words))
        case Settling() | Settled() | Abandoned() | Stuck():
            return _ended(frame, view, session, words)
        case _:
            assert_never(session)


def _ended(
    frame: StationProps, view: StationView, session: Settling | Settled | Abandoned | Stuck, words: Words
) -> StationProps:
    match session:
        case Settling(checked=account) if account is not None and account.captured and ending.verified(session):
            pill, page = ending.paid(session, account, words)
            return replace(frame, page=Page.SUMMARY, pill=pill, summary=page)
        case Settling():
            return _notice(frame, ending.settling(view, session, words))
        case Settled() if session.account.captured:
            pill, page = ending.paid(session.settling, session.account, words)
            return replace(frame, page=Page.SUMMARY, pill=pill, summary=page)
        case Settled():
            return _notice(frame, ending.nothing_charged(session, words))
        case Abandoned():
            return _notice(frame, ending.abandoned(session, words))
        case Stuck():
            return _notice(frame, ending.stuck(view, session, words))
        case _:
            assert_never(session)


def _notice(frame: StationProps, shown_as: notices.Shown) -> StationProps:
    pill, page = shown_as
    return replace(frame, page=Page.NOTICE, pill=pill, notice=page)


def _working(views: Views, view: StationView) -> tuple[str, ...]:
    return tuple(
        other.info.name
        for other in views
        if other is not view and other.session is None and other.trouble is None and other.offline_since is None
    )


def _header(views: Views, view: StationView | None, glass: Glass, words: Words) -> Header:
    infos = [view.info] if view else [each.info for each in views]
    names = [infos[0].name, infos[0].site] if view else [info.site for info in infos[:1]]
    return Header(
        title=" · ".join(name for name in names if name),
        languages=tuple(Language(tongue.code, tongue.name, tongue.code == glass.language) for tongue in glass.tongues),
        languages_name=words.text("Language"),
        more=words.text("Show more"),
    )


def _station(info: StationInfo, words: Words) -> str:
    if not info.on_trial:
        return words.text("Station {id}", id=info.id)
    return words.text("Station {id}, on trial: {devices}", id=info.id, devices=", ".join(info.on_trial))


def _footer(views: Views, view: StationView | None, glass: Glass, words: Words, now: Instant) -> Footer:
    info = view.info if view else views[0].info if views else None
    if info is None:
        return Footer(time=clock(now.utc_ms, words))
    stays = glass.place is Place.HOME and (view is None or view.session is None)
    soon = glass.closes_s is not None and glass.closes_s <= WARN_S and not stays
    return Footer(
        help=words.text("Help: {phone}", phone=phone_number(info.help_phone)),
        station=_station(info, words) if view else "",
        time=clock(now.utc_ms, words),
        warning=words.text("Touch the screen to stay here: {left}", left=duration(glass.closes_s or 0, words))
        if soon
        else "",
    )
