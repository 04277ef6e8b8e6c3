"""The checkout: where everything of one copy of the repository lies."""

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Checkout:
    """One copy of the repository and the places inside it that the installer uses."""

    root: Path

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def programs(self) -> Path:
        return self.venv / ("Scripts" if sys.platform == "win32" else "bin")

    @property
    def python(self) -> Path:
        return self.programs / ("python.exe" if sys.platform == "win32" else "python")

    @property
    def uv(self) -> Path:
        return self.programs / ("uv.exe" if sys.platform == "win32" else "uv")

    @property
    def bytecode(self) -> Path:
        """Compiled modules of tests and bench; they go with the libraries they were made of."""
        return self.venv / "bytecode"

    @property
    def pyproject(self) -> Path:
        return self.root / "pyproject.toml"

    def lock(self, name: str) -> Path:
        """The lock file of that name: `uv`, `app` or `dev`."""
        return self.root / "installer" / "locks" / f"{name}.txt"


def here() -> Checkout:
    """The checkout this installer is part of."""
    return Checkout(Path(__file__).resolve().parents[1])
