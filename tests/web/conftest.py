"""A head office and a browser for the member's page."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from sync.server.office.head_office import HeadOffice
from sync.server.store.database import migrate, open_database
from sync.server.store.keys import load_keys, make_keys
from tests.web.club import MARINA, NOW
from tests.web.serving import Served, serving

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def migrated(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    migrate(folder)
    make_keys(folder, os.urandom)
    return folder


@pytest.fixture
def office(migrated, tmp_path) -> Iterator[HeadOffice]:
    folder = tmp_path / "head"
    shutil.copytree(migrated, folder)
    office = HeadOffice(database=open_database(folder), keys=load_keys(folder), random=os.urandom)
    yield office
    office.database.close()


@pytest.fixture
def served(office) -> Iterator[Served]:
    """The page of an office; the club is opened by the test."""
    with serving(office, NOW) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one module at a time: while it is there, its event loop runs in this thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, served) -> Iterator[Callable[..., Page]]:
    """Opens pages on a phone, signed in as Marina unless told otherwise."""
    contexts = []

    def opened(
        path: str = "",
        *,
        member: int = MARINA,
        theme: str = "light",
        locale: str = "pt-BR",
        viewport: dict[str, int] = PHONE,
        **options: object,
    ) -> Page:
        context = browser.new_context(
            viewport=viewport, color_scheme=theme, locale=locale, **options
        )
        contexts.append(context)
        if member:
            context.add_cookies([served.cookie_for(member)])
        page = context.new_page()
        page.goto(served.at(path))
        page.evaluate("document.fonts.ready")
        return page

    yield opened
    for context in contexts:
        context.close()
