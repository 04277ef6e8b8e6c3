"""Programme documents: published once, signed, never changed.

Every version stays: an event from a terminal that was away is priced by the rules of its own day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy
from sqlalchemy import BigInteger, Column, Connection, ScalarSelect, bindparam, func, select

from sync.programme import document as documents
from sync.programme.document import Document, Store
from sync.programme.publishing import validate
from sync.programme.refusals import Reason, Refused
from sync.server.store.dialect import add_rows
from sync.server.store.keys import Keys
from sync.server.store.questions import Question
from sync.server.store.tables import programme_documents

_T = TypeVar("_T")

_ALL = Question(
    select(programme_documents.c.body, programme_documents.c.hash).order_by(
        programme_documents.c.version
    )
)


def _in_force(column: Column[_T]) -> ScalarSelect[_T]:
    return (
        select(column)
        .where(programme_documents.c.valid_from <= bindparam("at", type_=BigInteger))
        .order_by(programme_documents.c.valid_from.desc(), programme_documents.c.version.desc())
        .limit(1)
        .scalar_subquery()
    )


# The parts of a statement that read the version in force at the parameter `at`, for `read_rules`,
# and its number.
RULES = _in_force(programme_documents.c.body).label("rules_in_force")
IN_FORCE = _in_force(programme_documents.c.version)

# The part that reads the number of the newest version, in force or not.
NEWEST = select(func.max(programme_documents.c.version)).scalar_subquery().label("newest_version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Every version of the programme, oldest first; `by_prefix` by the first 8 bytes in hex."""

    documents: tuple[Document, ...]
    by_prefix: Mapping[str, Document]

    def in_force(self, at: int) -> Document:
        """Return the version in force at `at` (ms UTC): the first one for what came before it.

        Raises Refused(RULES_UNKNOWN) when nothing has been published.
        """
        if self.documents and at < self.documents[0].valid_from:
            return self.documents[0]
        return documents.in_force(self.documents, at)

    def named(self, prefix: str) -> Document | None:
        """Return the version with this hash, None for one that was never published here."""
        return self.by_prefix.get(prefix)


def publish(connection: Connection, keys: Keys, document: Document, *, now: int) -> bytes:
    """Publish a version, signed by the configuration key, and return its hash.

    Raises ValueError that names every fault of an unsound document, and Refused(DOCUMENT_FORGED)
    for a version number that is not above all others.
    """
    validate(document)
    newest: int | None = connection.scalar(
        select(programme_documents.c.version).order_by(programme_documents.c.version.desc())
    )
    if newest is not None and document.version <= newest:
        raise Refused(Reason.DOCUMENT_FORGED, version=newest)
    body = documents.canonical(document)
    name = documents.document_hash(body)
    row = {
        "version": document.version,
        "hash": name,
        "body": body,
        "signature": keys.config.sign(documents.signed_part(body)),
        "valid_from": document.valid_from,
        "published_at": now,
    }
    add_rows(connection, programme_documents, [row])
    return name


def rulebook(connection: Connection) -> Rulebook:
    """Return every published version."""
    held = [(_decoded(row.body), row.hash) for row in _ALL.rows(connection, {})]
    return Rulebook(
        documents=tuple(document for document, _ in held),
        by_prefix={prefix_of(name): document for document, name in held},
    )


def read_rules(row: sqlalchemy.Row[tuple[object, ...]]) -> Document | None:
    """Return the version in a row that was asked for `RULES`, None before the first is in force."""
    return None if row.rules_in_force is None else _decoded(row.rules_in_force)


def prefix_of(name: bytes) -> str:
    """Return how events name the document of this hash."""
    return name[: documents.HASH_PREFIX_BYTES].hex()


def store_of(document: Document, store: int) -> Store:
    """Return a store of the programme; raises Refused(NOT_FOUND)."""
    for known in document.stores:
        if known.id == store:
            return known
    raise Refused(Reason.NOT_FOUND, store=store)


@lru_cache(maxsize=1_024)  # more than a batch has events
def local(at: int, zone: str) -> datetime:
    """Return the instant `at` (ms UTC) as a local time. Asked several times for each event."""
    return datetime.fromtimestamp(at / 1000, _zone(zone))


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=64)
def _decoded(body: bytes) -> Document:
    return msgspec.json.decode(body, type=Document)
