"""Where the project's resources lie: inside the installed package, or beside it in a checkout.

The search starts from this very file, so an editable install, a wheel and a frozen build all find
the same files and never a stale copy elsewhere.
"""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def resources() -> Path:
    """Return the folder of icons, fonts, sounds, style and catalogues.

    Raises FileNotFoundError when neither place has it: the installation is broken.
    """
    for place in (_HERE / "resources", _HERE.parent / "resources"):
        if (place / "i18n").is_dir():
            return place
    raise FileNotFoundError("resources/ is neither inside the package nor beside it")
