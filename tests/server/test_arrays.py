"""Arrays that are packed here are read by PostgreSQL as what they were made of."""

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, SmallInteger, String, Text

from sync.server.store.arrays import kind_of, one, packed
from sync.server.store.postgres import prepared
from tests import postgres

KINDS = {
    "whole": (BigInteger(), st.integers(-(2**63), 2**63 - 1)),
    "number": (Integer(), st.integers(-(2**31), 2**31 - 1)),
    "small": (SmallInteger(), st.integers(-(2**15), 2**15 - 1)),
    "flag": (Boolean(), st.booleans()),
    "word": (String(9), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))),
    "octets": (LargeBinary(), st.binary()),
    "ident": (LargeBinary(16), st.binary(min_size=16, max_size=16)),
}


@pytest.fixture(scope="module")
def driver():
    with psycopg.connect(postgres.empty_database().data) as connection:
        yield prepared(connection, writes=True)


@pytest.mark.parametrize(("column", "values"), KINDS.values(), ids=KINDS)
def test_postgres_reads_what_was_packed(driver, column, values):
    kind = kind_of(column)

    @settings(max_examples=100)
    @given(st.lists(st.none() | values) | st.lists(values))
    def holds(told):
        (found,) = driver.execute(f"SELECT %b::{kind.SQL}", [packed(kind, told)]).fetchone()
        assert found == told

    holds()


@pytest.mark.parametrize(("column", "values"), KINDS.values(), ids=KINDS)
def test_postgres_reads_a_value_that_is_sent_alone(driver, column, values):
    kind = kind_of(column)

    @settings(max_examples=100)
    @given(st.none() | values)
    def holds(told):
        (found,) = driver.execute(f"SELECT %b::{kind.ONE.SQL}", [one(kind, told)]).fetchone()
        assert found == told

    holds()


@pytest.mark.parametrize("column", [BigInteger(), Integer(), SmallInteger()])
def test_a_number_that_no_column_holds_overflows(column):
    for told in ([2**63], [1, 2**63], [None, -(2**63) - 1]):
        with pytest.raises(OverflowError):
            packed(kind_of(column), told)
        with pytest.raises(OverflowError):
            one(kind_of(column), told[-1])


def test_texts_of_any_length_are_texts():
    assert kind_of(Text()) is kind_of(String(3))
