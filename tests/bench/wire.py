"""Wire: bytes per event of a full batch, as it leaves the till.

The acts are concluded by the desk over some days of trade, chained and stored by the ledger, taken
out again as a batch, signed and packed as the sync engine does.
"""

import random
import shutil
from pathlib import Path

from loyalty_desk.desk import identify, visit
from loyalty_desk.desk.visit import Draft, ReceiptRead
from sync.protocol import chain, codec
from tests.bench import people, programme
from tests.bench.job import Job
from tests.bench.table import Row, at_most
from tests.bench.till import Till, TradingClock, fill, opened

TYPED_BYTES = 50
RECEIPT_BYTES = 65
_MEMBERS = 2_000
_EVENTS = chain.BATCH_EVENTS_MAX


def measure(job: Job) -> list[Row]:
    """Return the bytes of a typed credit and of one with a receipt's key."""
    return [
        at_most(_row(job, "typed credit", receipts=False), TYPED_BYTES),
        at_most(_row(job, "credit with a receipt's key", receipts=True), RECEIPT_BYTES),
    ]


def _row(job: Job, name: str, *, receipts: bool) -> Row:
    home = Path(job.scratch) / f"wire-{receipts}"
    shutil.rmtree(home, ignore_errors=True)
    fill(home, _MEMBERS, visits=0)
    chance = random.Random(5)
    clock = TradingClock(hours_ago=20)
    with opened(home, _MEMBERS, clock=clock) as till:
        before = till.store.ledger.head().seq
        for number in range(_EVENTS):
            clock.serve(chance.randrange(20_000, 120_000))
            _credit(till, chance, programme.receipt_key(810_204 + 3 * number) if receipts else "")
        size = len(_packed(till, before))
    return Row(name=f"wire, {name}, batch of {_EVENTS}", unit="B", value=size / _EVENTS)


def _credit(till: Till, chance: random.Random, key: str) -> None:
    counter = till.counter
    number = chance.randrange(till.members)
    member = identify.by_member(counter, people.member_of(number), proof="card")
    draft = Draft(
        member=member,
        amount_centavos=round(chance.lognormvariate(8.6, 0.8)),
        amount_confirmed=True,
        receipt=ReceiptRead(key=key) if key else None,
    )
    visit.conclude(counter, draft, staff=programme.CASHIER, visit=counter.new_id())


def _packed(till: Till, before: int) -> bytes:
    outgoing = till.store.ledger.outgoing(before, _EVENTS)
    assert outgoing is not None
    assert len(outgoing.bodies) == _EVENTS
    body = chain.seal_batch(
        key=till.keys.signing_key,
        from_seq=outgoing.from_seq,
        previous=outgoing.previous,
        head=outgoing.head.hash,
        bodies=outgoing.bodies,
    )
    return codec.pack(body)
