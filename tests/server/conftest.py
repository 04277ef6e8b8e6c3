"""A head office for each test: real files, migrated once and copied."""

import os
import shutil
from pathlib import Path

import pytest

from sync.server.office.documents import publish
from sync.server.office.head_office import HeadOffice
from sync.server.store.database import migrate, open_database
from sync.server.store.keys import load_keys, make_keys
from tests.server.shop import NOON, enrolled_till, programme


@pytest.fixture(scope="session")
def migrated(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    migrate(folder)
    make_keys(folder, os.urandom)
    return folder


def open_office(folder: Path) -> HeadOffice:
    return HeadOffice(database=open_database(folder), keys=load_keys(folder), random=os.urandom)


@pytest.fixture
def office(migrated, tmp_path):
    folder = tmp_path / "head"
    shutil.copytree(migrated, folder)
    office = open_office(folder)
    with office.database.write() as connection:
        publish(connection, office.keys, programme(), now=NOON - 1)
    yield office
    office.database.close()


@pytest.fixture
def till(office):
    return enrolled_till(office)
