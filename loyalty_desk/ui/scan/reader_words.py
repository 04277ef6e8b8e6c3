"""What the tag in the corner says of the reader. Qt-free."""

from typing import Literal

from sync.i18n import _


def reader_words(*, seen: bool) -> tuple[str, Literal["ok", "plain"]]:
    """Return the tag's words and tone: proven by a scan of this run, or still to be seen."""
    if seen:
        return _("Reader connected"), "ok"
    return _("Reader: no scans yet"), "plain"
