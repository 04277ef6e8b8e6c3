"""A first copy in parts: the same members in the end, and nobody wrong meanwhile."""

import random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty_desk.store import finding, migrations
from loyalty_desk.store.cache import open_cache
from loyalty_desk.store.database import driver
from sync.protocol.messages import ChunkRef, Manifest, Tally
from sync.protocol.tally import tally_of
from tests.store.acts import DAY, NOON, a_page, a_row

KEY = bytes(range(32))
FIRST = 6


@pytest.fixture
def few_first(monkeypatch):
    """Six rows are the first ones, not twenty thousand."""
    changed = [
        statement.replace(str(migrations.FIRST_ROWS), str(FIRST))
        for statement in (migrations.NEAR, migrations.NEAR_CARD, *migrations.SEED_INDEXES)
    ]
    near, near_card, *indexes = changed
    monkeypatch.setattr("loyalty_desk.store.first_copy.NEAR", near)
    monkeypatch.setattr("loyalty_desk.store.first_copy.SEED_INDEXES", tuple(indexes))
    monkeypatch.setattr("loyalty_desk.store.finding.NEAR", near)
    monkeypatch.setattr("loyalty_desk.store.finding.NEAR_CARD", near_card)


@pytest.fixture
def cache(tmp_path, few_first):
    opened = open_cache(tmp_path / "cache.db", KEY)
    yield opened
    opened.close()


def people(count):
    """Members, who visited last first."""
    return [
        a_row(
            1_000 + number,
            name=f"Pessoa {_letters(number)}",
            cards=(f"{number + 1:016x}",),
            cpf_hash=5_000 + number,
            phone_hash=7_000 + number,
            last_visit=NOON - number * DAY,
        )
        for number in range(count)
    ]


def _letters(number):
    return "".join(chr(97 + int(digit)) for digit in f"{number:03d}")


def parts_of(rows, size=4):
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def manifest_of(parts, cursor="there"):
    refs = tuple(ChunkRef(f"{n:064x}", 1, len(part)) for n, part in enumerate(parts))
    return Manifest(
        epoch=1,
        scope="all",
        cursor=cursor,
        made_at=NOON,
        members=sum(map(len, parts)),
        chunks=refs,
    )


def begin(cache, rows):
    parts = parts_of(rows)
    cache.begin_copy(manifest_of(parts))
    return parts


def found_by_everything(cache, row):
    return (
        [one.id for one in cache.by_member(row.id).rows]
        == [one.id for one in cache.by_cpf_hash(row.cpf_hash).rows]
        == [one.id for one in cache.by_phone_hash(row.phone_hash).rows]
        == [one.id for one in cache.by_card(row.cards[0]).rows]
        == [one.id for one in cache.search(row.name).rows]
        == [row.id]
    )


def test_all_parts_make_the_copy_that_pages_would_have_made(cache, tmp_path):
    rows = people(11)
    for number, part in enumerate(begin(cache, rows)):
        cache.keep_part(number, part)
    cache.apply(a_page(), now=NOON)

    assert all(found_by_everything(cache, row) for row in rows)
    assert (cache.count(), cache.freshness().complete, cache.copying()) == (11, True, None)
    assert cache.tally() == tally_of(rows)


def test_whoever_visited_last_is_served_before_the_rest_is_there(cache):
    rows = people(11)
    parts = begin(cache, rows)
    for number in (0, 1):
        cache.keep_part(number, parts[number])

    assert all(found_by_everything(cache, row) for row in rows[:FIRST])
    assert [row.id for row in cache.search(rows[7].name).rows] == [rows[7].id]
    fresh = cache.freshness()
    assert (fresh.members, fresh.expected, fresh.complete) == (8, 11, False)


def test_a_look_up_meanwhile_uses_the_index_of_the_first_rows(cache):
    begin(cache, people(11))
    assert cache.by_member(1).rows == ()  # and so the reader has seen the new indexes
    with cache._reader.reading() as connection:
        for column in ("id", "cpf_hash", "phone_hash"):
            further = "" if column == "id" else f" AND {column} <> 0"
            plan = connection.execute(
                "EXPLAIN QUERY PLAN SELECT row FROM members JOIN rows USING (n)"
                f" WHERE {column} = ?{further}{cache._near}",
                (1,),
            ).fetchall()
            assert "seeds_" in plan[0][3], plan
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT row FROM cards c JOIN members m ON m.id = c.member"
            f" JOIN rows USING (n) WHERE c.card = ?{cache._near_card}",
            (b"",),
        ).fetchall()
        assert ["seeds_card" in plan[0][3], "seeds_id" in plan[1][3]] == [True, True], plan


def test_who_visited_last_is_found_first_and_arrivals_before_them(cache, monkeypatch):
    rows = people(11)
    for number, part in enumerate(begin(cache, rows)):
        cache.keep_part(number, part)
    arrived = a_row(5, name="Pessoa zz", cards=(), cpf_hash=0, phone_hash=0, last_visit=NOON + 1)
    cache.apply(a_page(arrived), now=NOON)
    monkeypatch.setattr(
        "loyalty_desk.store.finding._SEEDED_NAMED",
        finding._SEEDED_NAMED.replace("LIMIT 50", "LIMIT 3"),
    )

    assert [row.id for row in cache.search("pessoa").rows] == [5, 1_000, 1_001]


def test_a_row_that_was_pulled_meanwhile_is_not_overtaken_by_an_older_one(cache):
    rows = people(11)
    parts = begin(cache, rows)
    newer = [msgspec.structs.replace(row, points=999, version=9) for row in (rows[1], rows[9])]
    cache.apply(a_page(*newer, cursor="later"), now=NOON)

    for number, part in enumerate(parts):
        cache.keep_part(number, part)

    assert [cache.by_member(row.id).rows[0].points for row in newer] == [999, 999]
    assert (cache.count(), cache.cursor) == (11, "later")


def test_a_row_that_is_pulled_after_its_part_takes_its_place(cache):
    rows = people(11)
    parts = begin(cache, rows)
    for number in (0, 1):
        cache.keep_part(number, parts[number])
    newer = [
        msgspec.structs.replace(row, points=999, version=9, cards=(f"{99 - n:016x}",))
        for n, row in enumerate((rows[1], rows[7]))
    ]
    cache.apply(a_page(*newer), now=NOON)

    assert [row.points for row in cache.search(rows[7].name).rows] == [999]

    cache.keep_part(2, parts[2])
    assert all(found_by_everything(cache, row) for row in newer)
    assert cache.by_card(rows[7].cards[0]).rows == ()
    assert (cache.count(), cache.tally().members) == (11, 11)


def test_a_card_that_came_by_a_pull_stays_with_who_has_it_now(cache):
    rows = people(11)
    parts = begin(cache, rows)
    heir = a_row(5, name="Herdeira", cards=rows[1].cards, cpf_hash=0, phone_hash=0)
    cache.apply(a_page(heir), now=NOON)

    cache.keep_part(0, parts[0])
    assert cache.by_card(heir.cards[0]).rows == (heir,)

    for number in (1, 2):
        cache.keep_part(number, parts[number])
    assert cache.by_card(heir.cards[0]).rows == (heir,)


@pytest.mark.parametrize("ends", ["whole", "early"])
def test_pieces_of_the_index_of_names_wait_for_each_other_only_while_parts_come(cache, ends):
    rows = people(11)
    parts = begin(cache, rows)
    assert joined(cache)["automerge"] == 0

    for number, part in enumerate(parts if ends == "whole" else parts[:1]):
        cache.keep_part(number, part)
    if ends == "early":
        cache.refetch()

    assert joined(cache) == {"hashsize": 1 << 20, "automerge": 4, "crisismerge": 16}
    for number in range(20):
        cache.apply(a_page(a_row(number + 1, name="Pessoa zz", last_visit=NOON)), now=NOON)
    assert pieces(cache) < 16


def joined(cache):
    with cache._reader.reading() as connection:
        return dict(connection.execute("SELECT k, v FROM names_config WHERE k <> 'version'"))


def pieces(cache):
    with cache._reader.reading() as connection:
        return connection.execute("SELECT count(DISTINCT segid) FROM names_idx").fetchone()[0]


def test_a_member_who_has_to_be_forgotten_meanwhile_is(cache):
    rows = people(11)
    parts = begin(cache, rows)
    for number in (0, 1):
        cache.keep_part(number, parts[number])

    cache.apply(a_page(gone=(rows[1].id, rows[7].id)), now=NOON)

    assert cache.search(rows[7].name).rows == cache.search(rows[1].name).rows == ()
    assert cache.count() == 6


def test_a_copy_that_was_cut_off_goes_on_with_the_next_part(tmp_path, few_first):
    rows = people(11)
    cache = open_cache(tmp_path / "cache.db", KEY)
    parts = begin(cache, rows)
    cache.keep_part(0, parts[0])
    cache.close()

    cache = open_cache(tmp_path / "cache.db", KEY)
    assert (cache.copying().done, cache.cursor, cache.count()) == (1, "there", 4)
    cache.keep_part(0, parts[0])  # comes twice: nothing happens
    cache.keep_part(1, parts[1])
    cache.keep_part(2, parts[2])

    assert all(found_by_everything(cache, row) for row in rows)
    assert cache.tally() == tally_of(rows)
    cache.close()


def test_a_copy_that_ends_early_keeps_what_it_has_until_it_comes_again(cache):
    rows = people(11)
    parts = begin(cache, rows)
    cache.keep_part(0, parts[0])

    cache.refetch()

    assert (cache.cursor, cache.copying()) == ("", None)
    assert all(found_by_everything(cache, row) for row in rows[:4])
    for number, part in enumerate(begin(cache, rows[2:])):
        cache.apply(a_page(rows[3]), now=NOON)
        cache.keep_part(number, part)
    cache.apply(a_page(), now=NOON)
    assert cache.tally() == tally_of(rows[2:])


def test_forgetting_everybody_ends_a_copy(cache):
    rows = people(11)
    cache.keep_part(0, begin(cache, rows)[0])

    cache.forget_members()

    assert (cache.cursor, cache.copying(), cache.count()) == ("", None, 0)
    cache.apply(a_page(*rows), now=NOON)
    assert all(found_by_everything(cache, row) for row in rows)


def test_nothing_of_a_first_copy_stands_readable_on_the_disk(tmp_path, few_first):
    rows = people(400)
    cache = open_cache(tmp_path / "cache.db", KEY)
    for number, part in enumerate(begin(cache, rows)):
        cache.keep_part(number, part)

    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert b"Pessoa" not in content
        assert b"pessoa" not in content
    cache.close()


def test_what_the_database_sorts_it_sorts_in_memory(tmp_path):
    """An index over a million rows is sorted; a file for it would hold them readable."""
    connection = driver.connect(":memory:")
    options = [option for (option,) in connection.execute("PRAGMA compile_options").fetchall()]
    connection.close()

    assert {"TEMP_STORE=2", "TEMP_STORE=3"} & set(options), options


# --- Tallies -------------------------------------------------------------------------------------


def test_a_copy_that_differs_begins_anew_once_and_then_says_so(cache):
    rows = people(5)
    cache.apply(a_page(*rows), now=NOON)
    wrong = Tally(members=5, sum=1)

    assert cache.compare(tally_of(rows), now=NOON) == "same"
    assert cache.compare(wrong, now=NOON) == "again"
    assert (cache.cursor, cache.wants_tally(NOON)) == ("", True)
    cache.apply(a_page(*rows), now=NOON)
    assert cache.compare(wrong, now=NOON) == "different"
    assert (cache.freshness().differing, cache.wants_tally(NOON)) == (True, False)

    assert cache.wants_tally(NOON + DAY)
    assert cache.compare(tally_of(rows), now=NOON + DAY) == "same"
    assert not cache.freshness().differing


def test_a_copy_is_compared_when_it_is_whole_and_then_once_a_day(cache):
    rows = people(11)
    assert cache.wants_tally(NOON)
    parts = begin(cache, rows)
    assert not cache.wants_tally(NOON)
    for number, part in enumerate(parts):
        cache.keep_part(number, part)
    assert cache.wants_tally(NOON)
    cache.apply(a_page(), now=NOON)

    assert cache.compare(tally_of(rows), now=NOON) == "same"

    assert not cache.wants_tally(NOON + DAY - 1)
    assert cache.wants_tally(NOON + DAY)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 1 << 32))
def test_whatever_comes_between_the_parts_the_copy_is_the_servers_in_the_end(
    tmp_path_factory, few_first, seed
):
    chance = random.Random(seed)
    folder = tmp_path_factory.mktemp("copy")
    cache = open_cache(folder / "cache.db", KEY)
    server = {row.id: row for row in people(chance.randrange(1, 30))}
    parts = parts_of(list(server.values()), chance.randrange(1, 8))
    cache.begin_copy(manifest_of(parts))
    for number, part in enumerate(parts):
        news, gone = _changes(server, chance)
        cache.apply(a_page(*news, gone=gone), now=NOON)
        cache.keep_part(number, [row for row in part if row.id in server])
        if chance.random() < 0.3:
            cache.close()
            cache = open_cache(folder / "cache.db", KEY)
    cache.apply(a_page(*_changes(server, chance, erase=False)[0]), now=NOON)

    assert cache.tally() == tally_of(server.values()), seed
    assert cache.count() == len(server)
    assert all(cache.by_card(row.cards[0]).rows == (row,) for row in server.values())
    cache.close()


def _changes(server, chance, *, erase=True):
    """Some members change, somebody comes, one may have to be forgotten."""
    news = {}
    for member in chance.sample(sorted(server), k=chance.randrange(0, min(4, len(server)))):
        old = server[member]
        news[member] = msgspec.structs.replace(
            old, points=old.points + 7, version=old.version + 1, last_visit=NOON + old.version
        )
    if chance.random() < 0.4:
        member = 9_000 + chance.getrandbits(20)
        news[member] = a_row(member, name="Nova", cards=(f"{member:016x}",), last_visit=NOON)
    server.update(news)
    gone = ()
    if erase and chance.random() < 0.3 and len(server) > 1:
        gone = (chance.choice(sorted(server)),)
        del server[gone[0]]
        news.pop(gone[0], None)
    return list(news.values()), gone
