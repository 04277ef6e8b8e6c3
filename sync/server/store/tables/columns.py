"""How columns are written here, and the two sets of tables they belong to."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Text,
)

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMES)
keys_metadata = MetaData(naming_convention=NAMES)  # the other database


def ident(name: str) -> Column[bytes]:
    """Return a column for the 16 bytes of an event, lease or visit id."""
    return Column(name, LargeBinary(16), nullable=False)


def octets(name: str, length: int | None = None, *, optional: bool = False) -> Column[bytes]:
    """Return a column of bytes."""
    return Column(name, LargeBinary(length), nullable=optional)


# Never from a sequence of the database, which a key that is a number would have otherwise: such
# numbers become visible out of their order.


def whole(name: str, *, optional: bool = False) -> Column[int]:
    """Return a column of 64-bit numbers: points, centavos, member ids, milliseconds."""
    return Column(name, BigInteger, nullable=optional, autoincrement=False)


def number(name: str, *, optional: bool = False) -> Column[int]:
    """Return a column of 32-bit numbers."""
    return Column(name, Integer, nullable=optional, autoincrement=False)


def small(name: str) -> Column[int]:
    """Return a column of 16-bit numbers: states, kinds, buckets."""
    return Column(name, SmallInteger, nullable=False, autoincrement=False)


def flag(name: str) -> Column[bool]:
    """Return a column of yes and no."""
    return Column(name, Boolean(create_constraint=False), nullable=False)


def word(name: str, length: int) -> Column[str]:
    """Return a column of short texts; "" stands for none."""
    return Column(name, String(length), nullable=False)


def text(name: str) -> Column[str]:
    """Return a column of texts of any length; "" stands for none."""
    return Column(name, Text, nullable=False)


def member() -> tuple[Column[int], Column[int]]:
    """Return the two columns that name a member: the virtual shard, then the id."""
    return small("bucket"), whole("member_id")
