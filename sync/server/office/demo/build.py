"""Makes the demo's data, once; what is there already is left alone."""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from sync.programme.document import Document, Role
from sync.programme.refusals import Reason, Refused
from sync.server.office.demo import people
from sync.server.office.demo.crowd import Crowd, Newcomer
from sync.server.office.demo.history import History, Visit
from sync.server.office.demo.programme import (
    BROWNIE,
    ECOBAG,
    MOEMA,
    OLIVE_OIL,
    PERDIZES,
    PINHEIROS,
    SANTANA,
    TATUAPE,
    VILA_MARIANA,
    document,
)
from sync.server.office.demo.story import LUAN, MARINA, Today, named_members, story
from sync.server.office.demo.tills import Till
from sync.server.office.documents import prefix_of, publish, rulebook
from sync.server.office.enrol import issue_code
from sync.server.office.epoch import keep_setting, setting
from sync.server.office.feed import ALL_MEMBERS_MAX, divide_by_store
from sync.server.office.fulfilments import make_ready
from sync.server.office.head_office import HeadOffice
from sync.server.office.openings import Opening, open_accounts
from sync.server.office.staff import Colleague, employ
from sync.server.office.stock import count_stock
from sync.server.store.dialect import put_rows
from sync.server.store.tables import terminals, till_sales

PIN = "246810"

_SEED = 4711
_ZONE = "America/Sao_Paulo"
_STATE = "demo"
_DESK_TILL = "Caixa 02"
_OPENINGS_AT_ONCE = 5_000
_HISTORY_SHARE = 90  # percent of the progress, while most members have a history
_SALES_TODAY = 59

_STAFF: tuple[tuple[int, int, str, Role, str], ...] = (
    (1, PINHEIROS, "Joana Prado", "cashier", "07:00-15:00"),
    (2, PINHEIROS, "Bianca Torres", "cashier", "12:00-20:00"),
    (3, PINHEIROS, "Igor Menezes", "cashier", "15:00-22:00"),
    (4, PINHEIROS, "Danilo Reis", "lead", "10:00-18:00"),
    (5, PINHEIROS, "Renato Siqueira", "manager", "08:00-17:00"),
    (6, MOEMA, "Lúcia Ferraz", "cashier", "07:00-15:00"),
    (7, MOEMA, "Tadeu Couto", "manager", "08:00-17:00"),
    (8, SANTANA, "Kauã Bueno", "cashier", "07:00-15:00"),
    (9, SANTANA, "Ivone Rangel", "manager", "08:00-17:00"),
    (10, TATUAPE, "Mirela Paiva", "cashier", "07:00-15:00"),
    (11, VILA_MARIANA, "Heitor Zanetti", "cashier", "07:00-15:00"),
    (12, PERDIZES, "Neusa Lacerda", "cashier", "07:00-15:00"),
)
_TILLS = (
    *((PINHEIROS, "Caixa 01"), (PINHEIROS, _DESK_TILL), (PINHEIROS, "Caixa 03")),
    *((MOEMA, "Caixa 01"), (MOEMA, "Caixa 02"), (SANTANA, "Caixa 01"), (SANTANA, "Caixa 02")),
    *((TATUAPE, "Caixa 01"), (VILA_MARIANA, "Caixa 01"), (PERDIZES, "Caixa 01")),
)


class DemoState(Enum):
    """How far the demo's data has come."""

    NOTHING = "nothing"
    UNFINISHED = "unfinished"
    BUILT = "built"


def demo_state(connection: Connection) -> DemoState:
    """Return whether a database holds the demo; raises Refused(NOT_PERMITTED) for a real one."""
    value = setting(connection, _STATE)
    if value:
        return DemoState(value)
    if rulebook(connection).documents:
        raise Refused(Reason.NOT_PERMITTED, act="demo")
    return DemoState.NOTHING


def build(office: HeadOffice, *, members: int, now: int, progress: Callable[[int], None]) -> int:
    """Make the demo with so many members, as of `now`; return how many events it took.

    `progress` is told the percentage that is done.
    """
    today = Today(now, ZoneInfo(_ZONE))
    progress(0)
    with office.database.write() as connection:
        keep_setting(connection, _STATE, DemoState.UNFINISHED.value)
    with office.database.in_bulk():
        events = _fill(office, today, members, progress)
    with office.database.write() as connection:
        keep_setting(connection, _STATE, DemoState.BUILT.value)
    progress(100)
    return events


def _fill(office: HeadOffice, today: Today, members: int, progress: Callable[[int], None]) -> int:
    paper, rules = _publish(office, today)
    crowd = Crowd(paper, today, members=members, seed=_SEED)
    visits = [*story(today, paper), *_open_regulars(office, crowd, today, paper)]
    tills = _tills(office, rules, crowd.begins)
    staff = {store: [s[0] for s in _STAFF if s[1] == store] for store in range(1, 7)}
    history = History(office, paper, tills, staff, seed=_SEED)
    share = _HISTORY_SHARE * crowd.active / max(members, 1)
    events = history.play(
        visits, now=today.now, progress=lambda done: progress(int(5 + done * share))
    )
    _open_others(office, crowd, paper, members, lambda done: progress(int(5 + share + done)))
    _furnish(office, today)
    return events


def desk_code(office: HeadOffice, *, now: int) -> str:
    """Return a one-time code for the desk "Caixa 02" of Pinheiros, and bring its day up to date."""
    today = Today(now, ZoneInfo(_ZONE))
    with office.database.write() as connection:
        terminal: int = connection.execute(
            select(terminals.c.terminal_id).where(
                terminals.c.store_id == PINHEIROS, terminals.c.name == _DESK_TILL
            )
        ).scalar_one()
        sales = {"terminal_id": terminal, "day": today.day.isoformat(), "sales": _SALES_TODAY}
        put_rows(connection, till_sales, [sales])
        return issue_code(
            office, connection, store=PINHEIROS, name=_DESK_TILL, now=now, terminal=terminal
        )


def _publish(office: HeadOffice, today: Today) -> tuple[Document, str]:
    begins = today.ago(366 * 4)
    paper = document(office.keys, valid_from=begins)
    with office.database.write() as connection:
        name = publish(connection, office.keys, paper, now=begins)
        for person in _STAFF:
            number, store, called, role, shift = person
            colleague = Colleague(id=number, store=store, name=called, role=role, shift=shift)
            employ(office, connection, colleague, pin=PIN)
    return paper, prefix_of(name)


def _open_regulars(
    office: HeadOffice, crowd: Crowd, today: Today, paper: Document
) -> Iterator[Visit]:
    """Begin the accounts of those with a history, and give their visits."""
    openings, visits = named_members(today, paper), []
    for person, own in crowd.regulars():
        if not isinstance(person, Newcomer):
            openings.append(person)
        visits.extend(own)
    with office.database.write() as connection:
        if crowd.size > ALL_MEMBERS_MAX:
            divide_by_store(connection)
    _open(office, openings, paper, crowd.begins)
    return iter(visits)


def _open_others(
    office: HeadOffice,
    crowd: Crowd,
    paper: Document,
    members: int,
    progress: Callable[[float], None],
) -> None:
    left = max(1, members - crowd.active)
    share = 95 - _HISTORY_SHARE * crowd.active / max(members, 1)
    done = 0
    others = crowd.others()
    while part := list(islice(others, _OPENINGS_AT_ONCE)):
        _open(office, part, paper, crowd.begins)
        done += len(part)
        progress(done / left * share)


def _open(office: HeadOffice, openings: Iterable[Opening], paper: Document, at: int) -> None:
    waiting = iter(openings)
    while part := list(islice(waiting, _OPENINGS_AT_ONCE)):
        with office.database.write() as connection:
            open_accounts(office, connection, part, paper, now=at)


def _tills(office: HeadOffice, rules: str, opened_at: int) -> list[Till]:
    return [
        Till(office, store=store, name=name, rules=rules, opened_at=opened_at, seed=_SEED + number)
        for number, (store, name) in enumerate(_TILLS)
    ]


def _furnish(office: HeadOffice, today: Today) -> None:
    """What lies ready in the shops today."""
    with office.database.write() as connection:
        for store in range(1, 7):
            left = 0 if store == PINHEIROS else 12
            count_stock(connection, store, {OLIVE_OIL: left})
        waiting = ((MARINA, ECOBAG, "balcão", 2), (LUAN, BROWNIE, "vitrine", 1))
        for person, reward, place, days in waiting:
            make_ready(
                office,
                connection,
                member=people.number(person),
                reward=reward,
                store=PINHEIROS,
                place=place,
                at=today.ago(days, 18, 30),
            )
