"""Lives: who this terminal is to the server, and where each of its lives begins and ends.

A terminal that cannot vouch for its disk any more leaves its life and is given the next one, with
the same key. Guarantees that a sequence is never given twice, that nothing of an earlier life is
forgotten before the server has it, and that nothing lent to the life that is left can be spent.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import takewhile

import msgspec

from loyalty_desk.store import integrity, journal, meta
from loyalty_desk.store.database import Connection, Database
from loyalty_desk.store.journal import Stretch
from loyalty_desk.store.salvage import Copy, LifeNote, Payload
from sync.client.replica import EarlierLife, Head, Identity, Outgoing, Why
from sync.programme.refusals import Reason
from sync.protocol import codec
from sync.protocol.chain import first_hash
from sync.protocol.messages import Reincarnate, ReincarnateAnswer
from sync.protocol.version import CURRENT

_identity = msgspec.json.Decoder(Identity)


class Lives:
    """The lives in the ledger's file. The ledger's lock is held around everything that changes.

    `head` is the end of the chain, `begins` the sequence before the first event of this life,
    `sent` the one up to which the server has this life; `starts` counts the terminal's starts.
    """

    def __init__(self, database: Database, random_bytes: Callable[[int], bytes]) -> None:
        self._database = database
        self._random = random_bytes
        self.identity: Identity | None = None
        self.head = Head(0, b"")
        self.begins = 0
        self.sent = 0
        self._in_doubt = False  # the server was restored and has not said what it has
        self.starts = 0
        self._leaving: tuple[Why, str] | None = None
        self._earlier: tuple[EarlierLife, ...] = ()

    def load(self, connection: Connection) -> None:
        """Read them from the file."""
        kept = meta.value(connection, "identity", b"")
        self.identity = _identity.decode(kept) if kept else None
        self.begins = meta.value(connection, "begins", 0)
        self._in_doubt = bool(meta.value(connection, "sent_in_doubt", 0))
        self.starts = meta.value(connection, "starts", 0)
        why = meta.value(connection, "leaving", "")
        intention = meta.value(connection, "leaving_id", "")
        self._leaving = (msgspec.convert(why, Why), intention) if why else None
        self._earlier = tuple(
            EarlierLife(_identity.decode(identity), *rest)
            for identity, *rest in connection.execute(
                "SELECT identity, begins, ends, delivered, given_up FROM lives ORDER BY incarnation"
            )
        )
        if self.identity is not None:
            self.head = journal.head(connection, Head(self.begins, first_of(self.identity)))
        acked = max(meta.value(connection, "acked", 0), self.begins)
        self.sent = self._surely_sent() if self._in_doubt else acked

    @property
    def known(self) -> Identity:
        """Who this terminal is; it has been enrolled."""
        assert self.identity is not None, "this terminal has not been enrolled"
        return self.identity

    def enrolled(self, identity: Identity) -> None:
        """Keep who this terminal is from now on. Its chain begins here, so it must be empty."""
        assert self.head.seq == 0, "a chain has begun"
        self._keep_identity(identity)
        self.head = Head(0, first_of(identity))

    def in_epoch(self, epoch: int) -> None:
        """Keep the server's epoch. A restored server may lack what it had of any life."""
        if epoch == self.known.epoch:
            return
        self.doubt()
        self._keep_identity(replace(self.known, epoch=epoch))

    def doubt(self) -> None:
        """Keep that the server was restored: it has to say anew what it has of any life."""
        with self._database.writing() as connection:
            meta.keep(connection, sent_in_doubt=1)
        self.sent, self._in_doubt = self._surely_sent(), True
        for life in self._earlier:
            again = min(self._held_behind(life.begins), life.ends)
            self._change(replace(life, delivered=again, given_up=""))

    def has_sent(self, until: int) -> None:
        """Keep that the server has this life up to `until`."""
        self.sent = until

    def settled(self, acked: int, *, told: bool) -> None:
        """Keep that the pulled rows contain this life up to `acked`.

        That is what the server has of it, too. In doubt only what it has `told` since counts, and
        ends the doubt: rows of before the restore contain what it may have lost.
        """
        if told and self._in_doubt:
            with self._database.writing() as connection:
                meta.keep(connection, sent_in_doubt=0, acked=acked)
            self._in_doubt = False
        if told:
            self.sent = max(self.sent, acked)
        elif not self._in_doubt:
            self.sent = max(self.begins, acked)

    def count_start(self, starts: int) -> None:
        """Keep how often this terminal was started."""
        with self._database.writing() as connection:
            meta.keep(connection, starts=starts)
        self.starts = starts

    def waiting(self) -> int:
        """Return how many events the server has not acknowledged and may still take."""
        earlier = sum(one.ends - one.delivered for one in self._earlier if not one.given_up)
        return self.head.seq - self.sent + earlier

    def stuck(self) -> int:
        """Return how many events of earlier lives the server would not take."""
        return sum(one.ends - one.delivered for one in self._earlier if one.given_up)

    # --- The chain of this life -----------------------------------------------------------------

    def hash_at(self, seq: int) -> bytes | None:
        """Return an event's hash; the hash before the first where this life begins."""
        with self._database.reading() as connection:
            return journal.hash_at(connection, self._stretch(), seq)

    def outgoing(self, after: int, limit: int) -> Outgoing | None:
        """Return up to `limit` events behind `after`, None when there are none."""
        with self._database.reading() as connection:
            return journal.outgoing(connection, self._stretch(), after=after, limit=limit)

    def _stretch(self) -> Stretch:
        return Stretch(self.begins, self.head.seq, first_of(self.known))

    def copies(self, after: int, limit: int) -> tuple[list[Copy], list[Payload]]:
        """Return up to `limit` events behind `after` for the salvage file, with their payloads."""
        with self._database.reading() as connection:
            return journal.copies(connection, after, limit)

    def oldest(self) -> int:
        """Return the first sequence that the journal holds, 0 for none."""
        with self._database.reading() as connection:
            first: int | None = connection.execute("SELECT min(seq) FROM journal").fetchone()[0]
        return first or 0

    def broken(self, after: int, limit: int) -> tuple[list[int], int]:
        """Return which of `limit` events behind `after` their hashes do not fit, and the last."""
        lives = [*((one.begins, one.identity) for one in self._earlier), (self.begins, self.known)]
        starts = {begins: first_of(identity) for begins, identity in lives}
        with self._database.reading() as connection:
            return integrity.broken(connection, starts, after, limit)

    def read_all(self, *, small: bool) -> None:
        """Read the file's tables; raises Refused(DATABASE_DAMAGED) for a page that is hurt."""
        with self._database.reading() as connection:
            (integrity.read_small if small else integrity.read_receipts)(connection)

    # --- Leaving it -----------------------------------------------------------------------------

    @property
    def leaving(self) -> Why | None:
        """Why this life is to be left; None for a good one."""
        return self._leaving[0] if self._leaving else None

    def leave(self, why: Why) -> None:
        """Note that this life has to be left; the first reason stands."""
        if self._leaving is None:
            intention = self._random(16).hex()
            with self._database.writing() as connection:
                meta.keep(connection, leaving=why, leaving_id=intention)
            self._leaving = why, intention

    def request(self) -> Reincarnate | None:
        """Return what the server is asked for, the same while nothing is recorded; None for none.

        A longer chain is another question: the next life goes on behind where this one ends.
        """
        if self._leaving is None:
            return None
        why, intention = self._leaving
        asked = hashlib.sha256(f"{intention}/{self.head.seq}".encode()).hexdigest()[:32]
        return Reincarnate(
            protocol=CURRENT,
            id=asked,
            last_seq=self.head.seq,
            head=self.head.hash.hex(),
            why=why,
        )

    def begin(self, request: Reincarnate, answer: ReincarnateAnswer) -> bool:
        """Begin the life that was given; False when it begins where this chain no longer ends."""
        old, head = self.known, self.head
        if self._leaving is None or request.last_seq != head.seq:
            return False
        new = replace(old, incarnation=answer.incarnation, issuer=answer.issuer, epoch=answer.epoch)
        left = EarlierLife(old, self.begins, head.seq, self._delivered(), "")
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO lives (incarnation, identity, begins, ends, delivered, given_up,"
                " left_by) VALUES (?, ?, ?, ?, ?, '', ?)",
                (
                    old.incarnation,
                    msgspec.json.encode(old),
                    left.begins,
                    left.ends,
                    left.delivered,
                    codec.encode(request),
                ),
            )
            meta.keep(
                connection,
                identity=msgspec.json.encode(new),
                begins=head.seq,
                leaving="",
                leaving_id="",
                sent_in_doubt=0,
            )
        self._earlier = (*self._earlier, left)
        self.identity, self.begins, self.sent, self._leaving = new, head.seq, head.seq, None
        self._in_doubt = False
        self.head = Head(head.seq, first_of(new))
        return True

    def _delivered(self) -> int:
        """Return up to where the server has this life for certain."""
        return self._surely_sent() if self._in_doubt else self.sent

    def _surely_sent(self) -> int:
        """Return up to where this life cannot be sent again: the rest may have to be."""
        return min(self._held_behind(self.begins), self.head.seq)

    def _held_behind(self, begins: int) -> int:
        """Return behind which event of a life the journal holds all that follow."""
        # Behind the oldest event that is held: what is sent needs the hash before it.
        oldest = self.oldest()
        return begins if oldest <= begins + 1 else oldest

    # --- Earlier lives --------------------------------------------------------------------------

    def begun_by(self) -> tuple[tuple[Identity, Reincarnate], ...]:
        """Return the lives before this one, the last first, with the request that ended each."""
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT identity, left_by FROM lives ORDER BY incarnation DESC"
            ).fetchall()
        asked = takewhile(lambda life: life[1], found)
        return tuple((_identity.decode(one), codec.decode(by, Reincarnate)) for one, by in asked)

    def notes(self) -> tuple[LifeNote, ...]:
        """Return where each life begins, for the salvage file; none before the enrolment."""
        if self.identity is None:
            return ()
        with self._database.reading() as connection:
            left = connection.execute("SELECT left_by FROM lives ORDER BY incarnation").fetchall()
        begun_by = [b"", *(row[0] for row in left)]
        lives = [*((one.begins, one.identity) for one in self._earlier), (self.begins, self.known)]
        return tuple(LifeNote(*life, by) for life, by in zip(lives, begun_by, strict=True))

    def unsent_from(self) -> int:
        """Return the sequence behind which there are events that the server may have lost.

        Those of earlier lives that it lacks, and all of this one while it is in doubt.
        """
        lacking = [one.delivered for one in self._earlier if one.delivered < one.ends]
        if self._in_doubt:
            lacking.append(self._surely_sent())
        return min(lacking, default=self.head.seq)

    def forget(self, connection: Connection) -> None:
        """Forget earlier lives that the server has whole and whose events are gone from here."""
        first = connection.execute("SELECT min(seq) FROM journal").fetchone()[0] or 0
        gone = [one for one in self._earlier if one.ends < first and one.delivered >= one.ends]
        connection.executemany(
            "DELETE FROM lives WHERE incarnation = ?",
            [(one.identity.incarnation,) for one in gone],
        )
        self._earlier = tuple(one for one in self._earlier if one not in gone)

    def earlier(self) -> tuple[EarlierLife, ...]:
        """Return the earlier lives of which the server does not have everything, in order."""
        return tuple(one for one in self._earlier if one.delivered < one.ends and not one.given_up)

    def outgoing_of(self, life: EarlierLife, after: int, limit: int) -> Outgoing | None:
        """Return up to `limit` events of an earlier life behind `after`, None for none.

        Raises Refused(CHAIN_GAP) when the journal does not hold what comes next.
        """
        stretch = Stretch(life.begins, life.ends, first_of(life.identity))
        with self._database.reading() as connection:
            return journal.outgoing(connection, stretch, after=after, limit=limit)

    def unsent(self) -> Iterator[tuple[int, int, Callable[[int, int], Outgoing | None]]]:
        """Return each life with events that the server lacks: its number, and behind what they are.

        The third is what gives them, as far as the journal still holds them.
        """
        oldest = self.oldest()
        for life in self._earlier:
            if life.delivered < life.ends:
                is_held = oldest <= life.delivered + 1
                after = life.delivered if is_held else min(oldest, life.ends)
                yield life.identity.incarnation, after, partial(self.outgoing_of, life)
        if self.sent < self.head.seq:
            yield self.known.incarnation, self.sent, self.outgoing

    def delivered(self, life: EarlierLife, until: int) -> None:
        """Keep that the server has an earlier life up to `until`; less after a restore."""
        self._change(replace(life, delivered=min(until, life.ends)))

    def give_up(self, life: EarlierLife, reason: Reason) -> None:
        """Keep that the server cannot take the rest of an earlier life; it stays here."""
        self._change(replace(life, given_up=reason.value))

    def _change(self, life: EarlierLife) -> None:
        number = life.identity.incarnation
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE lives SET delivered = ?, given_up = ? WHERE incarnation = ?",
                (life.delivered, life.given_up, number),
            )
        self._earlier = tuple(
            life if one.identity.incarnation == number else one for one in self._earlier
        )

    def _keep_identity(self, identity: Identity) -> None:
        with self._database.writing() as connection:
            meta.keep(connection, identity=msgspec.json.encode(identity))
        self.identity = identity


def first_of(identity: Identity) -> bytes:
    """Return the hash before the first event of a life."""
    return first_hash(
        terminal=identity.terminal,
        incarnation=identity.incarnation,
        public_key=identity.public_key,
    )
