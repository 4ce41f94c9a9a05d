"""Why a session came to its end, as one sentence for its driver."""

from kiosk.domain.states import Why
from kiosk.words.catalogue import Words, marked

SENTENCES: dict[Why, str] = {
    Why.DRIVER_CANCELLED: marked("It was cancelled here."),
    Why.OFFER_RAN_OUT: marked("The payment code ran out before it was approved."),
    Why.REJECTED: marked("The payment was cancelled in the app."),
    Why.EXPIRED: marked("The payment was not approved in time."),
    Why.NOT_CREATED: marked("The payment service did not answer, so no payment was made."),
    Why.NOT_CONTINUED: marked("Nobody chose to go on, so everything was released."),
    Why.NEVER_STARTED: marked("The car took no energy within 15 minutes."),
    Why.STOPPED: marked("The charge was stopped."),
    Why.HOLD_USED: marked("The charge stopped because the reservation was used up."),
    Why.CAR_DONE: marked("The charge ended because the car was done."),
    Why.UNPLUGGED: marked("The charge ended when the cable was unplugged."),
    Why.TIME_LIMIT: marked("The charge ended after 24 hours."),
    Why.RESTARTED: marked("The station lost power, so the charge was ended."),
    Why.FAULT: marked("A fault at the station ended the charge."),
}


def why(reason: Why, words: Words) -> str:
    return words.text(SENTENCES[reason])
