"""Whole file: the old one or the new one, readable by its owner, whatever the disk does."""

import os
from collections.abc import Iterator

import pytest

from loyalty_desk.store import whole_file
from sync.programme.refusals import Reason, Refused


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_by_parts_that_are_read_from_it(tmp_path):
    path = tmp_path / "new" / "file"
    whole_file.put(path, b"one")

    def parts() -> Iterator[bytes]:
        yield path.read_bytes()
        yield b" and two"

    whole_file.put_parts(path, parts())

    assert path.read_bytes() == b"one and two"
    assert names(path.parent) == ["file"]


@pytest.mark.skipif(os.name == "nt", reason="files have no such modes there")
def test_only_its_owner_may_read_it(tmp_path):
    whole_file.put(tmp_path / "file", b"secret")

    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "file"
    whole_file.put(path, b"old")
    (tmp_path / "file.new").mkdir()

    with pytest.raises(Refused) as refused:
        whole_file.put(path, b"new")

    assert refused.value.reason is Reason.DISK_FULL
    assert path.read_bytes() == b"old"


def test_where_folders_cannot_be_opened_the_file_is_put_all_the_same(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "O_DIRECTORY", raising=False)

    whole_file.put(tmp_path / "file", b"whole")

    assert (tmp_path / "file").read_bytes() == b"whole"
