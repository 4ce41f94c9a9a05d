"""What must be true of every session once the world is well again and has had its time. `L` as in docs/reliability.md."""

from kiosk.domain.payment import Approval
from kiosk.domain.states import Abandoned, Settled, Stuck
from kiosk.world.checks import Inspector
from kiosk.world.nature import Surroundings
from kiosk.world.records import Record


def judge(world: Surroundings, inspector: Inspector) -> None:
    if world.ledger.mistakes:
        inspector.wrong("S5 no mistake at Vipps", world.ledger.mistakes[0])
    if (broken := world.disk.verify()) is not None:
        inspector.wrong("J2 chain verifies", f"the journal's chain breaks at row {broken}")
    for reference, record in inspector.records.items():
        world.ledger.book(reference)
        _judge(world, inspector, record)
    for reference in world.ledger.books:
        if reference not in inspector.records:
            inspector.wrong("S12 no payment without a session", f"{reference} is at Vipps and not on disk")
    for station, outlet in world.outlets.items():
        if outlet.closed:
            inspector.wrong("S9 off in the end", f"the contactor of {station} is closed and nobody charges")


def _judge(world: Surroundings, inspector: Inspector, record: Record) -> None:
    reference, session, wrong = record.reference, record.session, inspector.wrong
    book, receipt = world.ledger.books.get(reference), world.ledger.receipts.get(reference)
    match session:
        case Settled():
            if record.ends != 1:
                wrong("L1 one end", f"{reference} is settled with {record.ends} ends on disk")
            if book is None or book.meddled:
                return
            if record.own != (record.due or 0):
                wrong("L3 the due is captured", f"{reference} has {record.own} captured of {record.due} due")
            if book.account.remaining:
                wrong("L4 the rest is released", f"{reference} still holds {book.account.remaining}")
            if reference in world.ledger.strange:
                return
            if (receipt is not None) != bool(record.own) or (receipt and receipt.total.minor != record.own):
                wrong(
                    "L5 one receipt",
                    f"{reference} has {record.own} captured and the receipt {receipt and receipt.total}",
                )
        case Abandoned():
            if record.ends != 1:
                wrong("L1 one end", f"{reference} is abandoned with {record.ends} ends on disk")
            if book is not None and book.approval is Approval.AUTHORIZED and (record.own or book.account.remaining):
                wrong("L4 the rest is released", f"{reference} is abandoned and holds {book.account.remaining}")
            if book is not None and book.approval is Approval.CREATED:
                wrong("L4 no offer left open", f"{reference} is abandoned and can still be approved")
        case Stuck(trouble=trouble):
            excused = world.excuses.get(reference) or (book is not None and book.meddled)
            if not excused and (world.ledger.rules.part_capture or not record.due):
                wrong(
                    "L2 no needless person",
                    f"{reference} is stuck ({trouble.fault}: {trouble.detail}) though nobody touched it",
                )
        case _:
            wrong("L1 every session ends", f"{reference} is left {type(session).__name__}")
