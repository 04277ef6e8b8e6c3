"""A till with a real store in a folder, enrolled at a real server."""

import itertools
import os
import shutil
import time
from contextlib import closing, contextmanager
from pathlib import Path

import uuid_utils

from loyalty_desk.paths import places as places_of
from loyalty_desk.store.journal import Act
from loyalty_desk.store.keys import load_keys
from loyalty_desk.store.opening import open_store
from sync.client import leases
from sync.client.engine import Engine
from sync.client.enrol import enrol
from sync.client.remote import RemoteServer
from sync.programme.members import member_id
from sync.protocol import codec
from sync.protocol.events import (
    AccrualEvent,
    EnrolmentEvent,
    RedemptionEvent,
    VoidEvent,
    sealed_hash,
)
from sync.protocol.messages import Person

_people = itertools.count(os.getpid() * 1_000 % 10_000_000)


def wall() -> int:
    return time.time_ns() // 1_000_000


def new_id() -> str:
    return uuid_utils.uuid7().hex


class Till:
    """One till; `engine` talks to the server, and may be given another way to do so."""

    def __init__(self, folder: Path, url: str, code: str) -> None:
        self.places = places_of(root=folder)
        self.url = url
        self.server: RemoteServer | None = None
        self.keys = load_keys(self.places, random_bytes=os.urandom, vault=None)
        self.open()
        if self.ledger.identity is None:
            key = self.keys.signing_key
            self.ledger.enrolled(
                enrol(url, code=code, name="Caixa", key=key, monotonic=time.monotonic)
            )
        self.connect()

    def open(self) -> None:
        self.store = open_store(self.places, self.keys, random_bytes=os.urandom, now=wall())
        self.ledger, self.members = self.store.ledger, self.store.members

    def connect(self) -> None:
        if self.server is not None:
            self.server.close()
        self.server = RemoteServer(
            self.url,
            identity=self.ledger.known,
            key=self.keys.signing_key,
            wall=wall,
            monotonic=time.monotonic,
        )
        self.engine = self.engine_with(self.server)

    def engine_with(self, server) -> Engine:
        return Engine(self.store.replica, server, key=self.keys.signing_key, app="test", wall=wall)

    def close(self) -> None:
        self.server.close()
        self.store.close(wall())

    def restart(self) -> None:
        self.close()
        self.open()
        self.connect()

    def copy_disk(self, to: Path) -> None:
        """Copy what a till keeps, as an image of its disk would."""
        self.close()
        shutil.copytree(self.places.data, to)
        self.open()
        self.connect()

    def restore_disk(self, copy: Path) -> None:
        self.close()
        shutil.rmtree(self.places.data)
        shutil.copytree(copy, self.places.data)
        self.open()
        self.connect()

    def points(self, member: int) -> int:
        return self.members.by_id(member).holding.points

    def named(self, name: str) -> int:
        return self.members.search(name).known[0].row.id

    # --- Acts -------------------------------------------------------------------------------------

    def stamped(self, **facts):
        return {
            "rules": self.ledger.document(wall()).rules,
            "staff": self.ledger.staff.all()[0].id,
            "boot": 1,
            "offset_ms": self.ledger.offset_ms,
            "at": wall(),
            "mono_ms": time.monotonic_ns() // 1_000_000,
            "seq": 0,
            "id": new_id(),
        } | facts

    def credit(self, member: int, reais: int = 7, *, points: int | None = None, **facts) -> str:
        """Credit a purchase below any tier's bonus: a point a real is what is promised."""
        promised = reais if points is None else points
        event = AccrualEvent(
            **self.stamped(member=member, amount=reais * 100, forecast=promised, **facts)
        )
        return self.ledger.record([Act(event)])[0].visit

    def redeem(self, member: int, lease: bytes, *, reward: int, points: int) -> str:
        event = RedemptionEvent(
            **self.stamped(
                member=member, reward=reward, points=points, lease=lease.hex(), proof="cpf"
            )
        )
        return self.ledger.record([Act(event)])[0].visit

    def undo(self, visit: str) -> None:
        self.ledger.record([Act(VoidEvent(**self.stamped(target=visit)))])

    def somebody(self) -> int:
        """A member nobody else in the tests has to do with, known here and at the server."""
        number = next(_people)
        member = self.enrol(f"Pessoa {number}", f"119{80_000_000 + number}")
        self.engine.round()
        return member

    def enrol(self, name: str, phone: str) -> int:
        member = member_id(
            issuer=self.ledger.known.issuer, random40=int.from_bytes(os.urandom(5), "big")
        )
        payload, salt = codec.encode(Person(name=name, phone=phone)), os.urandom(32)
        event = EnrolmentEvent(
            **self.stamped(member=member, sealed=sealed_hash(salt, payload), forecast=50)
        )
        self.ledger.record([Act(event, salt=salt, payload=payload)])
        return member

    def borrow(self, member: int, points: int):
        lease = bytes.fromhex(new_id())
        return leases.borrow(
            self.server, self.store.replica, lease=lease, member=member, points=points, wall=wall
        )


@contextmanager
def a_till(folder: Path, server, *, name: str = "Caixa 03"):
    """A new till at a live server, synchronised once."""
    till = Till(folder, server.url, server.new_code(name))
    try:
        with closing(till):
            till.engine.round()
            yield till
    finally:
        till.close()
