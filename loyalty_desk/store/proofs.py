"""Proofs: what the server has signed for this terminal, to be shown to it with each hello.

The last acknowledgement, and each lease as it was granted. A server that was restored from a copy
knows by them what it has lost. They lie in the cache's file: the promise does not rest on them.
"""

from collections.abc import Callable, Iterable

import msgspec

from loyalty_desk.store.database import Database
from sync.protocol.messages import Acknowledgement, LeaseRow, PushAnswer

_ACK = b""  # no lease has this id


class Proofs:
    """The proofs in the cache's file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def acknowledged(self, answer: PushAnswer) -> None:
        """Keep an acknowledgement in place of the one before."""
        acked = Acknowledgement(
            epoch=answer.epoch,
            last_seq=answer.last_seq,
            head=answer.head,
            signature=answer.signature,
        )
        self._keep([(_ACK, msgspec.json.encode(acked))])

    def lent(self, rows: Iterable[LeaseRow]) -> None:
        """Keep what the server signed when it lent."""
        self._keep((bytes.fromhex(r.id), msgspec.json.encode(r)) for r in rows if r.signature)

    def last_acknowledgement(self) -> Acknowledgement | None:
        """Return the last acknowledgement that was kept, None for none."""
        found = self._database.fetch("SELECT proof FROM proofs WHERE id = ?", _ACK)
        return msgspec.json.decode(found[0][0], type=Acknowledgement) if found else None

    def of(self, held: Callable[[], Iterable[LeaseRow]]) -> tuple[LeaseRow, ...]:
        """Return leases as they were granted, where that was kept; forget those of others.

        `held` tells the leases. It is asked last: what is lent meanwhile is nobody else's.
        """
        with self._database.reading() as connection:
            kept = dict(
                connection.execute("SELECT id, proof FROM proofs WHERE id <> ?", (_ACK,)).fetchall()
            )
        wanted = {bytes.fromhex(row.id): row for row in held()}
        over = [(one,) for one in kept if one not in wanted]
        if over:
            with self._database.writing() as connection:
                connection.executemany("DELETE FROM proofs WHERE id = ?", over)
        return tuple(
            msgspec.json.decode(kept[one], type=LeaseRow) if one in kept else row
            for one, row in wanted.items()
        )

    def forget(self) -> None:
        """Forget everything: it was signed for another life of this terminal."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM proofs")

    def _keep(self, proofs: Iterable[tuple[bytes, bytes]]) -> None:
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT INTO proofs (id, proof) VALUES (?, ?)"
                " ON CONFLICT (id) DO UPDATE SET proof = excluded.proof",
                proofs,
            )
