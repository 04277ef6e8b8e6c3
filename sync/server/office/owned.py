"""Owned rows: the part of a statement that picks one member's rows, for statements made once.

Making a statement costs more than running it, so what is asked for every event or every pull names
its member by parameters. Guarantees that `owned` and `owner` mean the same ones.
"""

from sqlalchemy import ColumnElement, FromClause, bindparam

from sync.programme.members import bucket_of


def owned(table: FromClause) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions for the rows of the member whom `owner` names."""
    return table.c.bucket == bindparam("of_bucket"), table.c.member_id == bindparam("of_member")


def owner(member: int) -> dict[str, object]:
    """Return the parameters of a statement about the rows of a member."""
    return {"of_bucket": bucket_of(member), "of_member": member}
