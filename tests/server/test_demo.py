"""The demo: the people and prices of the pictures, made through the real door."""

import random
import shutil
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from sync.programme import calendar, member_token, rewards
from sync.programme.document import open_document
from sync.programme.member_token import PublicKeyEntry, TokenKind
from sync.programme.missions import progress
from sync.protocol.messages import EnrolRequest
from sync.protocol.pin import derive
from sync.server.office.cards import card_token, phone_code
from sync.server.office.demo import build, people, story
from sync.server.office.demo.crowd import Crowd
from sync.server.office.demo.programme import document
from sync.server.office.demo.story import Today
from sync.server.office.documents import local, rulebook
from sync.server.office.enrol import enrol
from sync.server.office.terminals import Caller
from sync.server.store.tables import events, identifiers
from tests.live_server import demo_data, run_server
from tests.server.accounts import folded, stored
from tests.server.shop import pull
from tests.server.sites import Site, open_office

ZONE = ZoneInfo("America/Sao_Paulo")
MEMBERS = 40


def with_demo(engine) -> Site:
    """A site of its own with the demo in it."""
    if engine.name == "sqlite":
        site = engine.empty()
        shutil.copytree(demo_data(MEMBERS), site.folder)
        return site
    return engine.copied(_demo_on(engine))


@cache
def _demo_on(engine) -> Site:
    site = engine.empty()
    run_server("demo", **site.options, members=MEMBERS)
    return site


@pytest.fixture(scope="module")
def demo(engine):
    office = open_office(with_demo(engine))
    yield office
    office.database.close()


@pytest.fixture(scope="module")
def now(demo) -> int:
    with demo.database.read() as connection:
        latest = connection.scalar(select(func.max(events.c.received_at)))
    return latest + 1_000


@pytest.fixture(scope="module")
def desk(demo, now):
    """What the desk gets: its enrolment, and its first pull."""
    code = build.desk_code(demo, now=now)
    key = bytes(range(32))
    request = EnrolRequest(code=code, public_key=key.hex(), name="x", protocol=1)
    answer = enrol(demo, request, source="test", now=now)
    caller = Caller(
        terminal=answer.terminal,
        incarnation=answer.incarnation,
        store=answer.store,
        name=answer.name,
        public_key=key,
        forked=False,
    )
    return answer, pull(demo, caller, cursor="", limit=5_000, now=now)


@pytest.fixture(scope="module")
def paper(desk):
    answer, page = desk
    (row,) = page.documents
    signature = bytes.fromhex(row.signature)
    return open_document(row.body.encode(), signature, bytes.fromhex(answer.server_key))


def named(desk, name: str):
    (row,) = [row for row in desk[1].members if row.name == name]
    return row


def test_the_desk_is_caixa_02_of_pinheiros(desk, paper):
    answer, page = desk

    assert (answer.name, answer.store) == ("Caixa 02", 1)
    assert paper.stores[0].name == "Pinheiros"
    assert (paper.name, paper.programme) == ("Clube Jatobá", 4711)
    assert len(page.members) == MEMBERS
    assert page.sales == 59


def test_marina_is_where_the_pictures_show_her(desk, paper, now):
    marina = named(desk, "Marina Alves")
    today = local(now, "America/Sao_Paulo").date()
    month_end = calendar.lapse_day(today.replace(day=1), 12).replace(
        str(today.year + 1), str(today.year), 1
    )

    assert (marina.points, marina.tier, marina.leased, marina.debt) == (2_480, "ouro", 0, 0)
    assert (marina.lapse_points, marina.lapse_day[:7]) == (320, month_end[:7])
    assert (marina.phone_tail, marina.cpf_mid) == ("114417", "917")
    assert datetime.fromtimestamp(marina.since / 1000, UTC).year == 2023
    assert (marina.week, marina.week_visits) == (calendar.week_of(today), 2)
    assert progress(paper.missions[0], marina.week_visits).missing == 1
    assert marina.pickups == ((5, "balcão"),)
    away = calendar.days_to_birthday(marina.birthday, today)
    assert 1 <= away <= 7
    assert (today + timedelta(days=away)).weekday() == 1
    assert rewards.next_goal(paper.rewards, marina.points).name == "Vale R$ 50"


def test_marina_can_redeem_six_of_nine_rewards_here(desk, paper, now):
    marina = named(desk, "Marina Alves")
    stock = {row.reward: row.left for row in desk[1].stock}
    situation = rewards.Situation(
        at=local(now, "America/Sao_Paulo"),
        store=1,
        points=marina.points,
        usable_here=marina.points,
        tier=marina.tier,
        birthday=marina.birthday,
        stock=stock,
        taken_day={},
        taken_year={},
    )

    def can(reward) -> bool:
        try:
            rewards.check(reward, situation, paper.tiers)
        except rewards.Refused:
            return False
        return True

    assert [reward.id for reward in paper.rewards if can(reward)] == [1, 2, 3, 4, 5, 6, 10]
    assert stock == {7: 0}


def test_the_other_people_of_the_pictures_are_there(desk):
    rute = named(desk, "Dona Rute Sampaio")
    blocked = named(desk, "Otávio Reis")

    assert rute.points >= 2_400
    assert (blocked.status, blocked.points, blocked.tier, blocked.cpf_mid) == (
        1,
        1_120,
        "prata",
        "114",
    )
    assert named(desk, "Caio Nogueira").tier == named(desk, "Luan Barreto").tier == "bronze"
    assert not [row for row in desk[1].members if row.name == "Teresa Okamoto"]
    assert sum(len(row.pickups) for row in desk[1].members) == desk[1].pickups == 2


def test_the_number_that_teresa_will_give_is_nobodys(demo):
    digits = {people.details(random.Random(0), index).phone for index in range(12_000)}

    assert "11982144417" not in digits


def test_the_team_of_pinheiros_signs_in_with_the_demo_pin(desk):
    staff = desk[1].staff

    assert [(row.name, row.role, row.shift) for row in staff] == [
        ("Joana Prado", "cashier", "07:00-15:00"),
        ("Bianca Torres", "cashier", "12:00-20:00"),
        ("Igor Menezes", "cashier", "15:00-22:00"),
        ("Danilo Reis", "lead", "10:00-18:00"),
        ("Renato Siqueira", "manager", "08:00-17:00"),
    ]
    for row in staff:
        assert derive(build.PIN, bytes.fromhex(row.salt)).hex() == row.verifier


def test_cards_and_phone_codes_are_read_by_the_programmes_keys(demo, desk, paper, now):
    marina = named(desk, "Marina Alves")
    keys = {
        key.kid: PublicKeyEntry(
            key_id=key.kid,
            public_key=bytes.fromhex(key.public_hex),
            not_before=datetime(2025, 1, 1, tzinfo=UTC),
            not_after=None,
            kinds=frozenset(TokenKind(kind) for kind in key.kinds),
        )
        for key in paper.token_keys
    }
    at = datetime.fromtimestamp(now / 1000, UTC)
    card, digits = card_token(demo, marina.id, now=now)

    def read(text: str) -> member_token.MemberToken:
        return member_token.read(
            text, programme=paper.programme, keys=keys, now=at, skew=timedelta(seconds=60)
        )

    assert read(digits).subject.to_bytes(8, "big") == card
    assert card.hex() in marina.cards
    assert read(phone_code(demo, marina.id, now=now)).kind is TokenKind.PHONE


def test_the_year_was_played_through_the_real_door(demo):
    with demo.database.read() as connection:
        kinds = dict(
            connection.execute(select(events.c.kind, func.count()).group_by(events.c.kind)).all()
        )
        reviewed = connection.scalar(
            select(func.count()).select_from(events).where(events.c.status != "accepted")
        )
        people_found = connection.scalar(select(func.count()).select_from(identifiers))

    assert reviewed == 0
    assert kinds["accrual"] > 100
    assert people_found > MEMBERS
    assert stored(demo) == folded(demo)


def test_no_lease_of_the_demo_is_left_open(demo):
    assert {one.account.leased for one in stored(demo).values()} == {0}


@pytest.mark.parametrize("day", range(0, 400, 9))
@pytest.mark.parametrize("hour", [0, 9, 23])
def test_the_story_can_be_told_on_any_day(demo, day, hour):
    begins = datetime(2026, 1, 1, hour, tzinfo=ZONE) + timedelta(days=day)
    today = Today(int(begins.timestamp() * 1000), ZONE)
    with demo.database.read() as connection:
        paper = rulebook(connection).documents[0]

    visits = story.story(today, paper)

    assert all(visit.at <= today.now for visit in visits)
    this_week = calendar.week_of(today.day)
    marina = [visit for visit in visits if visit.member == people.number(story.MARINA)]
    bought = [v for v in marina if v.amount]
    weeks = [calendar.week_of(local(visit.at, "America/Sao_Paulo").date()) for visit in bought]
    assert weeks.count(this_week) == 2
    assert max(weeks.count(week) for week in weeks) == 3


def test_the_same_seed_makes_the_same_crowd(demo, now):
    paper = document(demo.keys, valid_from=0)

    def crowd() -> list:
        return list(Crowd(paper, Today(now, ZONE), members=60, seed=1).regulars())

    assert crowd() == crowd()


def test_everybody_has_numbers_of_their_own():
    chance = random.Random(0)
    told = [people.details(chance, index) for index in range(20_000)]

    assert len({one.phone for one in told}) == 20_000
    with_cpf = [one.cpf for one in told if one.cpf]
    assert len(set(with_cpf)) == len(with_cpf)
    assert len({people.number(index) for index in range(20_000)}) == 20_000


def test_a_demo_that_was_not_finished_begins_again(engine):
    site = with_demo(engine)
    office = open_office(site)
    with office.database.write() as connection:
        build.keep_setting(connection, "demo", build.DemoState.UNFINISHED.value)
    office.database.close()

    said = run_server("demo", **site.options, members=12)

    assert said["progress"] == "100"
    office = open_office(site)
    assert len(stored(office)) == 12
    office.database.close()


def test_a_demo_that_is_there_is_left_as_it_is(engine):
    site = with_demo(engine)

    said = run_server("demo", **site.options, members=12)

    assert set(said) == {"code"}
    office = open_office(site)
    assert len(stored(office)) == MEMBERS
    office.database.close()
