"""Where the head offices of tests are: on files, or on PostgreSQL. The same tests run on both."""

import os
import shutil
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from psycopg.errors import UndefinedTable

from sync.server.office.head_office import HeadOffice
from sync.server.store.database import Address, Place, migrate, open_database
from sync.server.store.keys import load_keys, make_keys


@dataclass(frozen=True)
class Site:
    """A head office that is closed: the folder of its keys, and where its databases are."""

    folder: Path
    place: Place

    @property
    def options(self) -> dict[str, str]:
        """How the server's command line names it."""
        named = {"data": str(self.folder)}
        if isinstance(self.place, Address):
            named["database"] = self.place.data
        return named


def open_office(site: Site | Path) -> HeadOffice:
    """Open the head office at a site, or the one whose files are in a folder."""
    if isinstance(site, Path):
        site = Site(site, site)
    return HeadOffice(
        database=open_database(site.place), keys=load_keys(site.folder), random=os.urandom
    )


class Engine(ABC):
    """A kind of database. Sites are given out, and given back when a test is done with one."""

    name: str
    histories: int  # of chance, that are worth their time

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sites = 0
        self._keys = folder / "template"
        make_keys(self._keys, os.urandom)

    def _new_folder(self) -> Path:
        self._sites += 1
        folder = self._folder / f"site-{self._sites}"
        shutil.copytree(self._keys, folder)
        return folder

    @abstractmethod
    def empty(self) -> Site:
        """A site that was never migrated."""

    @abstractmethod
    def migrated(self) -> Site:
        """A site with every table and nothing in it."""

    @abstractmethod
    def copied(self, site: Site) -> Site:
        """A copy of a site that nobody has open."""

    @abstractmethod
    def give_back(self, site: Site) -> None:
        """Let go of a site that was closed and still has its tables."""


class OnFiles(Engine):
    """SQLite: a folder each, copied."""

    name = "sqlite"
    histories = 60

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        migrate(self._keys)

    def empty(self) -> Site:
        self._sites += 1
        folder = self._folder / f"site-{self._sites}"
        return Site(folder, folder)

    def migrated(self) -> Site:
        folder = self._new_folder()
        return Site(folder, folder)

    def copied(self, site: Site) -> Site:
        self._sites += 1
        folder = self._folder / f"site-{self._sites}"
        shutil.copytree(site.folder, folder)
        return Site(folder, folder)

    def give_back(self, site: Site) -> None:
        shutil.rmtree(site.folder)


class OnPostgres(Engine):
    """PostgreSQL: a database each, emptied and given out again."""

    name = "postgresql"
    histories = 12

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._free: list[Site] = []

    def empty(self) -> Site:
        from tests import postgres

        return Site(self._new_folder(), postgres.empty_database())

    def migrated(self) -> Site:
        from tests import postgres

        if not self._free:
            return Site(self._new_folder(), postgres.migrated_database())
        site = self._free.pop()
        try:
            postgres.wipe(site.place)
        except UndefinedTable:  # a test took one away
            postgres.drop(site.place)
            return self.migrated()
        return site

    def copied(self, site: Site) -> Site:
        from tests import postgres

        folder = self._new_folder()
        shutil.copytree(site.folder, folder, dirs_exist_ok=True)
        return Site(folder, postgres.copied(site.place))

    def give_back(self, site: Site) -> None:
        self._free.append(site)


ENGINES = {engine.name: engine for engine in (OnFiles, OnPostgres)}
