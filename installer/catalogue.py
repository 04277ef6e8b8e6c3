"""Catalogues: `python -m installer.catalogue` extracts every sentence and compiles both languages.

Development time only (needs Babel). New sentences are added to `resources/i18n/*.po` untranslated,
vanished ones are dropped; a test fails until pt_BR has them all. English is its own translation.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PLACES = ("loyalty_desk", "sync")
LANGUAGES = {"pt_BR": "nplurals=2; plural=(n > 1)", "en": "nplurals=2; plural=(n != 1)"}

Message = str | tuple[str, ...]

_DATE = datetime(2026, 1, 1, tzinfo=UTC)


def folder(language: str) -> Path:
    """Return where a language's catalogue lies."""
    return ROOT / "resources" / "i18n" / language / "LC_MESSAGES"


def extracted() -> Iterator[Message]:
    """Give every sentence that the code says, in the order of files and lines, each once."""
    seen: set[Message] = set()
    for place in PLACES:
        found = extract_from_dir(
            str(ROOT / place),
            method_map=[("**.py", "python")],
            keywords={"_": None, "N_": None, "ngettext": (1, 2)},
        )
        for _file, _line, message, _comments, _context in sorted(found, key=lambda m: m[:2]):
            said: Message = tuple(message) if isinstance(message, tuple | list) else message
            if said not in seen:
                seen.add(said)
                yield said


def merged(language: str) -> Catalog:
    """Return the catalogue of a language with the sentences of today, translations kept."""
    path = folder(language) / "loyalty_desk.po"
    old = read_catalogue(path, language) if path.exists() else Catalog(locale=language)
    new = Catalog(locale=language, fuzzy=False)
    for message in extracted():
        kept = old.get(message if isinstance(message, str) else message[0])
        string = message if language == "en" else (kept.string if kept else "")
        new.add(message, string)
    return new


def read_catalogue(path: Path, language: str) -> Catalog:
    """Return the catalogue in a .po file; it bears one fixed date, so it compiles to one form."""
    with path.open("rb") as file:
        found = read_po(file, locale=language)
    found.creation_date = found.revision_date = _DATE
    return found


def po_bytes(catalogue: Catalog) -> bytes:
    """Return a catalogue as text without dates or places: the same sentences, the same bytes."""
    buffer = BytesIO()
    write_po(buffer, catalogue, omit_header=True, no_location=True, width=96)
    header = (
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Language: {catalogue.locale}\\n"\n'
        f'"Plural-Forms: {LANGUAGES[str(catalogue.locale)]};\\n"\n\n'
    )
    return header.encode() + buffer.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """Return a catalogue compiled."""
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def main() -> int:
    """Write both languages; say how many pt_BR sentences are still missing."""
    missing = 0
    for language in LANGUAGES:
        folder(language).mkdir(parents=True, exist_ok=True)
        po = folder(language) / "loyalty_desk.po"
        po.write_bytes(po_bytes(merged(language)))
        catalogue = read_catalogue(po, language)
        (folder(language) / "loyalty_desk.mo").write_bytes(mo_bytes(catalogue))
        missing += sum(1 for message in catalogue if message.id and not message.string)
    print(f"{missing} sentences without translation")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
