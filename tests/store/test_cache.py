"""The cache: found by everything they are known by, and never in two minds."""

import os
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import msgpack, structs

from loyalty_desk.store.cache import open_cache
from loyalty_desk.store.database import driver, open_database
from loyalty_desk.store.member_rows import MemberWriter
from loyalty_desk.store.migrations import CACHE_STEPS
from loyalty_desk.store.newcomers import words_of
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import StockRow
from sync.protocol.tally import tally_of
from tests.store.acts import CAIO, DAY, MARINA, NOON, a_page, a_row

KEY = bytes(range(32))


@pytest.fixture
def cache(tmp_path):
    opened = open_cache(tmp_path / "cache.db", KEY)
    yield opened
    opened.close()


def apply(cache, *rows, **facts):
    cache.apply(a_page(*rows, **facts), now=NOON)


def named(cache, text):
    return [row.name for row in cache.search(text).rows]


def rows_named(*names):
    return [
        a_row(number, name=name, cards=(), cpf_hash=0, phone_hash=0, last_visit=NOON + number)
        for number, name in enumerate(names, start=1)
    ]


def test_a_member_is_found_by_id_card_cpf_and_phone(cache):
    marina = a_row()

    apply(cache, marina)

    assert cache.by_member(MARINA).rows == (marina,)
    assert cache.by_card("00000000000000aa").rows == (marina,)
    assert cache.by_cpf_hash(111).rows == (marina,)
    assert cache.by_phone_hash(222).rows == (marina,)
    assert cache.by_member(CAIO).rows == ()


def test_members_without_cpf_and_phone_are_not_found_by_nothing(cache):
    apply(cache, a_row(cpf_hash=0, phone_hash=0))

    assert cache.by_cpf_hash(0).rows == ()
    assert cache.by_phone_hash(0).rows == ()


def test_a_family_shares_a_phone(cache):
    apply(cache, a_row(MARINA), a_row(CAIO, cards=()))

    assert [row.id for row in cache.by_phone_hash(222).rows] == [CAIO, MARINA]


def test_cards_above_the_signed_range_are_found(cache):
    apply(cache, a_row(cards=("ffffffffffffffff",)))

    assert len(cache.by_card("ffffffffffffffff").rows) == 1


def test_a_changed_row_is_found_by_its_new_facts_only(cache):
    apply(cache, a_row())

    apply(cache, a_row(name="Rute Sampaio", cards=("00000000000000cc",), cpf_hash=9, phone_hash=8))

    assert named(cache, "marina") == []
    assert named(cache, "rute") == ["Rute Sampaio"]
    assert cache.by_card("00000000000000aa").rows == ()
    assert len(cache.by_card("00000000000000cc").rows) == 1
    assert cache.by_cpf_hash(111).rows == cache.by_phone_hash(222).rows == ()
    assert cache.count() == 1


def test_numbers_and_cards_change_without_a_visit_and_nobody_moves_up(cache):
    apply(cache, *rows_named("Ana Um", "Ana Dois"))

    changed = a_row(
        1, name="Ana Um", last_visit=NOON + 1, cards=("00000000000000cc",), cpf_hash=9, phone_hash=8
    )
    apply(cache, changed)
    assert cache.by_card("00000000000000cc").rows == (changed,)
    assert cache.by_cpf_hash(9).rows == cache.by_phone_hash(8).rows == (changed,)
    assert named(cache, "ana") == ["Ana Dois", "Ana Um"]

    apply(cache, structs.replace(changed, cards=(), cpf_hash=0))
    assert cache.by_card("00000000000000cc").rows == cache.by_cpf_hash(9).rows == ()
    assert [row.id for row in cache.by_phone_hash(8).rows] == [1]


def test_one_page_brings_new_members_visitors_and_changes_at_once(cache):
    apply(cache, *rows_named("Ana Um", "Ana Dois", "Ana Três"))
    one, two, three = rows_named("Ana Um", "Ana Dois", "Ana Três")

    newcomer = a_row(4, name="Ana Quatro", cards=(), last_visit=NOON)
    visited = structs.replace(one, points=7, last_visit=NOON + DAY)
    renamed = structs.replace(two, name="Ana Duas")
    apply(
        cache,
        visited,
        newcomer,
        renamed,
        structs.replace(three, points=9),
        structs.replace(three, points=10),
    )

    assert named(cache, "ana") == ["Ana Um", "Ana Três", "Ana Duas", "Ana Quatro"]
    assert [cache.by_member(n).rows[0].points for n in (1, 3)] == [7, 10]
    assert cache.count() == 4


def test_a_card_that_moved_to_another_member_is_theirs(cache):
    apply(cache, a_row(MARINA))

    apply(cache, a_row(CAIO), a_row(MARINA, cards=(), status=2))

    assert [row.id for row in cache.by_card("00000000000000aa").rows] == [CAIO]


def test_an_erased_member_leaves_nothing_to_be_found(cache):
    apply(cache, a_row())

    apply(cache, gone=(MARINA, CAIO))

    assert named(cache, "marina") == []
    assert cache.by_card("00000000000000aa").rows == ()
    assert (cache.by_member(MARINA).rows, cache.count()) == ((), 0)


# --- Searching -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jose", True),
        ("JOSÉ", True),
        ("jos", True),
        ("jo", True),
        ("antonio jo", True),
        ("josé d'ávila", True),
        ("ávila", True),
        ("j", False),
        ("jx", False),
        ("jose maria", False),
        ("ose", False),
        ("", False),
        ("   ", False),
    ],
)
def test_names_are_found_by_the_beginnings_of_their_words(cache, text, found):
    apply(cache, *rows_named("José Antônio D'Ávila"))

    assert named(cache, text) == (["José Antônio D'Ávila"] if found else [])


def test_a_single_letter_narrows_nothing(cache):
    apply(cache, *rows_named("Ana Souza", "Ana Lima"))

    assert len(named(cache, "ana s")) == 2


@pytest.mark.parametrize(
    "text",
    [
        *(
            '"',
            "'",
            "ana*",
            "ana OR",
            "NEAR(ana",
            "name:ana",
            "^ana",
            "-ana",
            "ana + ana",
            "%",
            "_",
        ),
        *("ana\0", "(ana)", "{ana}", "ana;--", "AND", "NOT", "🙂 ana", "a" * 5_000, "ana " * 500),
    ],
)
def test_whatever_is_typed_is_only_text(cache, text):
    apply(cache, *rows_named("Ana Souza"))

    assert set(named(cache, text)) <= {"Ana Souza"}


@settings(max_examples=300)
@given(text=st.text(max_size=30))
def test_no_text_makes_the_search_fail(searched, text):
    searched.search(text)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    opened = open_cache(tmp_path_factory.mktemp("searched") / "cache.db", KEY)
    apply(opened, *rows_named("Ana Souza", "Øyvind Ærlig", "李 小龙", "Łukasz Żak"))
    yield opened
    opened.close()


@given(data=st.data())
@settings(max_examples=200)
def test_the_beginning_of_any_word_finds_its_member(searched, data):
    name = data.draw(st.sampled_from(["Ana Souza", "Łukasz Żak", "Øyvind Ærlig"]))
    word = data.draw(st.sampled_from(name.split()))
    length = data.draw(st.integers(2, len(word)))

    assert name in named(searched, word[:length])


@settings(max_examples=200, deadline=None)
@given(name=st.text(st.characters(max_codepoint=127), max_size=60))
def test_a_plain_name_is_taken_apart_as_what_is_typed_is(name):
    """It is indexed as it stands: the index has to fold it and end its words where we do."""
    with closing(driver.connect(":memory:", isolation_level=None)) as connection:
        for step in CACHE_STEPS:
            step(connection)
        MemberWriter(connection, 0).put_new([a_row(name=name)])
        connection.execute("CREATE VIRTUAL TABLE words USING fts5vocab(names, row)")
        words = {word for (word,) in connection.execute("SELECT term FROM words")}

    assert words == set(words_of(name))


def test_who_was_here_last_comes_first(cache):
    apply(cache, *rows_named(*(f"Ana {word}" for word in ("Um", "Dois", "Três"))))

    apply(cache, a_row(1, name="Ana Um", cards=(), last_visit=NOON + DAY))

    assert named(cache, "ana") == ["Ana Um", "Ana Três", "Ana Dois"]


def test_of_very_many_the_fifty_that_came_last_are_looked_at(cache):
    apply(cache, *rows_named(*(f"Ana Numero{n}" for n in range(120))))

    apply(cache, a_row(7, name="Ana Numero6", cards=(), last_visit=NOON + DAY))

    found = named(cache, "ana")
    assert len(found) == 50
    assert found[:2] == ["Ana Numero6", "Ana Numero119"]


# --- Pages ---------------------------------------------------------------------------------------


def test_how_good_the_copy_is_follows_every_pulled_page(cache):
    assert cache.freshness().members == 0

    cache.apply(a_page(a_row(), stock=(StockRow(3, 5),)), now=NOON)
    assert (cache.freshness().members, cache.freshness().stock) == (1, {3: 5})

    cache.apply(a_page(stock=(StockRow(3, 4),)), now=NOON + DAY)
    assert (cache.freshness().fetched_at, cache.freshness().stock) == (NOON + DAY, {3: 4})


def test_a_page_brings_its_cursor_and_its_acknowledgement(cache):
    assert (cache.cursor, cache.acked_seq, cache.is_new) == ("", 0, True)

    apply(cache, a_row(), acked=7, cursor="c9", sales=34, stock=(StockRow(3, 12),))

    assert (cache.cursor, cache.acked_seq, cache.is_new) == ("c9", 7, False)
    assert cache.by_member(MARINA).acked == 7
    fresh = cache.freshness()
    assert (fresh.fetched_at, fresh.members, fresh.complete) == (NOON, 1, True)
    assert (fresh.sales, fresh.stock) == (34, {3: 12})


def test_an_early_page_does_not_acknowledge(cache):
    cache.assume(3)

    apply(cache, a_row(), acked=7, more=True)

    assert (cache.acked_seq, cache.freshness().complete) == (3, False)


def test_rows_with_own_events_wait_for_the_last_page(cache):
    cache.apply(a_page(a_row(points=10)), now=NOON)

    cache.apply(
        a_page(a_row(points=99), a_row(CAIO), acked=5, more=True),
        now=NOON,
        own_members={MARINA},
    )
    assert cache.by_member(MARINA).rows[0].points == 10
    assert len(cache.by_member(CAIO).rows) == 1

    cache.apply(a_page(acked=5), now=NOON)
    assert cache.by_member(MARINA).rows[0].points == 99
    assert cache.by_member(MARINA).acked == 5


def test_rows_of_cards_with_own_events_wait_as_well(cache):
    cache.apply(a_page(a_row(), more=True), now=NOON, own_cards={"00000000000000aa"})

    assert cache.by_member(MARINA).rows == ()


def test_a_row_that_came_again_is_the_one_that_counts(cache):
    cache.apply(a_page(a_row(points=1), more=True), now=NOON, own_members={MARINA})

    cache.apply(a_page(a_row(points=2)), now=NOON, own_members={MARINA})

    assert cache.by_member(MARINA).rows[0].points == 2


def test_somebody_who_is_gone_meanwhile_does_not_come_back(cache):
    cache.apply(a_page(a_row(), a_row(CAIO), more=True), now=NOON, own_members={MARINA, CAIO})

    cache.apply(a_page(more=True, gone=(CAIO,)), now=NOON, own_members={MARINA, CAIO})
    cache.apply(a_page(gone=(MARINA,)), now=NOON)

    assert cache.count() == 0


def test_waiting_rows_survive_a_restart(tmp_path):
    cache = open_cache(tmp_path / "cache.db", KEY)
    cache.apply(a_page(a_row(), more=True), now=NOON, own_members={MARINA})
    cache.close()

    cache = open_cache(tmp_path / "cache.db", KEY)
    cache.apply(a_page(), now=NOON)

    assert cache.count() == 1
    cache.close()


def test_beginning_again_keeps_everybody_until_the_last_page(cache):
    apply(cache, a_row(MARINA), a_row(CAIO, cards=()), cursor="old")

    cache.refetch()
    assert (cache.cursor, cache.count(), cache.freshness().complete) == ("", 2, False)

    apply(cache, a_row(MARINA), more=True, cursor="p1")
    assert len(cache.by_member(CAIO).rows) == 1

    apply(cache, cursor="p2")
    assert cache.by_member(CAIO).rows == ()
    assert (cache.count(), cache.freshness().complete) == (1, True)


def test_a_reader_is_not_held_up_by_a_page_that_is_being_written(cache):
    apply(cache, a_row())

    with cache._writer.writing() as connection:
        connection.execute("DELETE FROM members")
        connection.execute("DELETE FROM rows")
        assert len(cache.by_member(MARINA).rows) == 1


# --- Very many -----------------------------------------------------------------------------------


def many(count):
    return [
        a_row(
            n * 7_919,
            name=f"Ana Silva{n:05d}",
            cards=(f"{n:016x}",),
            cpf_hash=n,
            phone_hash=count + n,
            last_visit=NOON + n,
        )
        for n in range(1, count + 1)
    ]


def test_a_bulk_fill_finds_everybody(cache):
    rows = many(3_000)

    cache.fill([rows[:2_000], rows[2_000:]])

    assert cache.count() == 3_000
    for row in rows[::499]:
        assert cache.by_member(row.id).rows == (row,)
        assert cache.by_card(row.cards[0]).rows == (row,)
        assert cache.by_cpf_hash(row.cpf_hash).rows == (row,)
        assert named(cache, row.name) == [row.name]


def test_a_fill_that_is_cut_off_leaves_a_working_cache(cache):
    def broken():
        yield many(100)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cache.fill(broken())

    assert cache.count() == 100
    with cache._reader.reading() as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT 1 FROM members WHERE id = 1"
        ).fetchall()
    assert "INDEX" in repr(plan)


def test_a_cache_of_the_version_before_keeps_everybody(tmp_path):
    rows = [a_row(), a_row(CAIO, name="Caio", cards=("bb" * 8,), cpf_hash=4, phone_hash=5)]
    earlier = open_database(
        tmp_path / "cache.db",
        KEY,
        CACHE_STEPS[:2],
        synchronous="NORMAL",
        cache_kib=1_024,
        autocheckpoint=100,
    )
    with earlier.writing() as connection:
        for n, row in enumerate(rows, 1):
            connection.execute(
                "INSERT INTO members (n, id, cpf_hash, phone_hash, round, row)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (n, row.id, row.cpf_hash, row.phone_hash, 0, msgpack.encode(row)),
            )
            card = bytes.fromhex(row.cards[0])
            connection.execute("INSERT INTO cards (card, member) VALUES (?, ?)", (card, row.id))
            connection.execute("INSERT INTO names (rowid, name) VALUES (?, ?)", (n, row.name))
    earlier.close()

    cache = open_cache(tmp_path / "cache.db", KEY)
    for row in rows:
        assert cache.by_member(row.id).rows == (row,)
        assert cache.by_card(row.cards[0]).rows == (row,)
        assert cache.by_cpf_hash(row.cpf_hash).rows == (row,)
        assert cache.by_phone_hash(row.phone_hash).rows == (row,)
        assert cache.search(row.name).rows == (row,)
    cache.refetch()
    apply(cache, rows[0])
    assert cache.by_member(CAIO).rows == ()
    assert cache.tally() == tally_of(rows[:1])
    cache.close()


def test_no_name_can_be_read_in_the_file(tmp_path):
    cache = open_cache(tmp_path / "cache.db", KEY)
    apply(cache, a_row(name="Dona Rute Sampaio"))
    cache.make_durable()

    written = b"".join((tmp_path / name).read_bytes() for name in os.listdir(tmp_path))

    assert b"Rute" not in written
    assert b"rute" not in written
    cache.close()


def test_damage_that_a_look_up_meets_is_named(tmp_path):
    path = tmp_path / "cache.db"
    cache = open_cache(path, KEY)
    cache.fill([many(2_000)])
    cache.close()
    body = bytearray(path.read_bytes())
    for page in range(20, len(body) // 4096):
        body[page * 4096 + 50] ^= 1
    path.write_bytes(body)

    cache = open_cache(path, KEY)
    with pytest.raises(Refused) as refused:
        [cache.by_member(row.id) for row in many(2_000)]

    assert refused.value.reason is Reason.DATABASE_DAMAGED
    cache.close()
