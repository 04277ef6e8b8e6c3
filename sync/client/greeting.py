"""Greeting: what a terminal says of itself first, and what it can prove."""

from sync.client.replica import Replica
from sync.protocol.messages import Hello
from sync.protocol.version import CURRENT, OLDEST


def hello_of(replica: Replica, *, app: str, hasty: bool = False) -> Hello:
    """Return where the journal ends, with everything that the server has signed for this life."""
    head = replica.head()
    acked, held = replica.proofs()
    return Hello(
        protocol=CURRENT,
        oldest=OLDEST,
        app=app,
        epoch=replica.identity.epoch,
        last_seq=head.seq,
        head=head.hash.hex(),
        acked=acked,
        leases=held,
        hasty=hasty,
    )
