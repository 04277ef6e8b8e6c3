"""The feed: what changed for whom, in an order that no reader can miss a part of.

Each change gives its member a new number at the scope's head. The head is raised last in the
writing transaction, under its lock, so numbers become visible in their own order: a terminal that
has read up to a number has seen everything below it. Who is in a scope stands in a table beside it.

Numbers are only appended; those that a later one of the same member has overtaken tell nothing any
more, and are cleared away now and then. That somebody is gone is never overtaken.

Small programmes have one scope that holds all members; large ones have a scope per store, for the
members whose home it is or who came there.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from sqlalchemy import ColumnElement, Connection, Integer, String, bindparam, func, select

from sync.programme.members import bucket_of
from sync.server.office.epoch import keep_setting, setting, value_of
from sync.server.store.dialect import (
    Row,
    add_rows,
    add_up_last,
    add_up_rows,
    among,
    portions,
    put_numbered,
    put_rows,
)
from sync.server.store.questions import Question
from sync.server.store.tables import feed, feed_changes, feed_heads

ALL_MEMBERS = "all"
ALL_MEMBERS_MAX = 50_000

_SETTING = "scope"
_BY_STORE = "store"
# The part of a statement that reads whether members are dealt out by store.
DIVIDED = (func.coalesce(value_of(_SETTING), "") == _BY_STORE).label("divided")


def head_of(name: str) -> ColumnElement[int]:
    """Return the part of a statement that reads the newest number of the list in a parameter."""
    found = select(feed_heads.c.head).where(feed_heads.c.scope == bindparam(name, type_=String))
    return func.coalesce(found.scalar_subquery(), 0).label(name)


_BEHIND = Question(
    # What an index on SQLite has by itself: to look up as well who is gone takes twice as long.
    select(feed_changes.c.seq, feed_changes.c.member_id)
    .where(feed_changes.c.scope == bindparam("of_scope"), feed_changes.c.seq > bindparam("after"))
    .order_by(feed_changes.c.seq)
    .limit(bindparam("most", type_=Integer)),
    plain=True,
)
_GONE = Question(
    select(feed_changes.c.member_id, feed_changes.c.seq)
    .where(
        feed_changes.c.scope == bindparam("of_scope"),
        feed_changes.c.seq > bindparam("after"),
        feed_changes.c.seq <= bindparam("until"),
        feed_changes.c.gone,
    )
    .order_by(feed_changes.c.seq),
    plain=True,
)
_HEADS = select(feed_heads).where(feed_heads.c.scope.in_(bindparam("scopes", expanding=True)))


def divide_by_store(connection: Connection) -> None:
    """From now on deal members out by store. For programmes above ALL_MEMBERS_MAX."""
    keep_setting(connection, _SETTING, _BY_STORE)


def is_divided(connection: Connection) -> bool:
    """Say whether members are dealt out by store."""
    return setting(connection, _SETTING) == _BY_STORE


def scope_of(connection: Connection, store: int) -> str:
    """Return the scope whose members the terminals of a store hold."""
    return store_scope(store) if is_divided(connection) else ALL_MEMBERS


def store_scope(store: int) -> str:
    """Return the name of a store's own scope."""
    return f"store:{store}"


def staff_list(store: int) -> str:
    """Return the name of the list of a store's staff."""
    return f"staff:{store}"


def stock_list(store: int) -> str:
    """Return the name of the list of a store's counted rewards."""
    return f"stock:{store}"


def lease_list(terminal: int) -> str:
    """Return the name of the list of a terminal's leases."""
    return f"leases:{terminal}"


def names_of(scope: str, *, store: int, terminal: int) -> tuple[str, str, str, str]:
    """Return all that a terminal pulls: its scope, and the lists of staff, stock and leases."""
    return scope, staff_list(store), stock_list(store), lease_list(terminal)


def head(connection: Connection, scope: str) -> int:
    """Return the newest number of a scope or list, 0 for one that never changed."""
    return heads(connection, (scope,))[scope]


def heads(connection: Connection, scopes: Sequence[str]) -> dict[str, int]:
    """Return the newest numbers of scopes and lists."""
    rows = connection.execute(_HEADS, {"scopes": scopes})
    return dict.fromkeys(scopes, 0) | {row.scope: row.head for row in rows}


def raise_lists(connection: Connection, names: Iterable[str]) -> None:
    """Note that lists have changed: terminals fetch them whole."""
    add_up_rows(connection, feed_heads, _one_up(names), sums=["head"])


def raise_lists_last(connection: Connection, names: Iterable[str]) -> None:
    """Do what `raise_lists` does together with the commit, and before any scope is raised."""
    add_up_last(connection, feed_heads, _one_up(names), sums=["head"])


def _one_up(names: Iterable[str]) -> list[dict[str, object]]:
    return [{"scope": name, "head": 1} for name in sorted(set(names))]


def behind(connection: Connection, scope: str, after: int, most: int) -> Sequence[tuple[int, int]]:
    """Return the numbers behind `after` and their members, in order, also of who is gone.

    A member who changed several times may be in it several times; the last one counts.
    """
    return _BEHIND.rows(connection, {"of_scope": scope, "after": after, "most": most})


def gone(connection: Connection, between: Mapping[str, object]) -> dict[int, int]:
    """Return the members who are gone, and their numbers: `of_scope`, behind `after` to `until`."""
    return dict(_GONE.rows(connection, between))


def raise_members(
    connection: Connection,
    seen_in: Mapping[int, int],
    *,
    opened: Set[int] = frozenset(),
    gone: Set[int] = frozenset(),
    divided: bool | None = None,
) -> None:
    """Give members new numbers in their scopes: those they are in, and that of `seen_in`'s store.

    The last act of a writing transaction. Those in `opened` were in none; terminals forget the
    members in `gone`, for good. `divided` is what `is_divided` says, where the caller has it at
    hand.
    """
    if not seen_in:
        return
    if is_divided(connection) if divided is None else divided:
        held = _held(connection, seen_in)
        here = {(member, store_scope(store)) for member, store in seen_in.items() if store}
        places, entered = held | here, here - held
    else:
        places = {(member, ALL_MEMBERS) for member in seen_in}
        entered = {(member, ALL_MEMBERS) for member in opened & seen_in.keys()}
    add_rows(connection, feed, [_place(*one) for one in sorted(entered)])
    left = [_place(*one, gone=True) for one in sorted(places) if one[0] in gone]
    put_rows(connection, feed, left)
    scopes: defaultdict[str, list[Row]] = defaultdict(list)
    for member, scope in sorted(places):
        scopes[scope].append({**_owner(member), "gone": member in gone})
    for scope in sorted(scopes):
        put_numbered(connection, feed_heads, feed_changes, scope, scopes[scope])


def _held(connection: Connection, members: Iterable[int]) -> set[tuple[int, str]]:
    keys = [(bucket_of(member), member) for member in members]
    held: set[tuple[int, str]] = set()
    for part in portions(keys):
        rows = connection.execute(
            select(feed.c.member_id, feed.c.scope).where(
                among(connection, (feed.c.bucket, feed.c.member_id), part)
            )
        )
        held.update((row.member_id, row.scope) for row in rows)
    return held


def _place(member: int, scope: str, *, gone: bool = False) -> Row:
    return {**_owner(member), "scope": scope, "gone": gone}


def _owner(member: int) -> Row:
    return {"bucket": bucket_of(member), "member_id": member}
