"""Settings: what can be set on this terminal, each with its type and its default, in one value.

Guarantees that a damaged or foreign settings file never stops the desk: what cannot be understood
keeps its default, and what is not known is kept as it stands when the file is written again.
The programme's own rules (undo window, limits, roles) are not here: they are the server's.
"""

import os
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec

Language: TypeAlias = Literal["system", "pt_BR", "en"]
Theme: TypeAlias = Literal["system", "light", "dark", "contrast"]
Slip: TypeAlias = Literal["never", "ask", "always"]
Printer: TypeAlias = Literal["none", "usb", "network", "serial", "spool", "file"]
Suffix: TypeAlias = Literal["enter", "tab", "none"]
Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set on a terminal; a default is what a new one starts with."""

    # This terminal
    server_url: Text = ""  # empty until it has been enrolled
    language: Language = "system"
    theme: Theme = "system"
    scale_percent: Annotated[int, msgspec.Meta(ge=100, le=200)] = 100
    auto_lock_minutes: Annotated[int, msgspec.Meta(ge=0, le=120)] = 5  # 0 = never
    sounds: bool = True
    keypad: bool = True  # the keypad on the screen; off where there are keys to press
    # Reader
    reader_prefix: Text = ""
    reader_suffix: Suffix = "enter"
    # The longest pause between two characters of one reading.
    reader_gap_ms: Annotated[int, msgspec.Meta(ge=20, le=80)] = 35
    reader_port: Text = ""  # a serial reader; empty = it types like a keyboard
    camera: Text = ""
    # Slip and second screen
    printer: Printer = "none"
    printer_address: Text = ""
    paper_mm: Annotated[int, msgspec.Meta(ge=58, le=80)] = 80
    code_page: Text = "CP850"
    slip: Slip = "ask"
    # The number of the customer's screen; 0 = none.
    customer_display: Annotated[int, msgspec.Meta(ge=0, le=8)] = 0
    # Receipts
    receipts_folder: Text = ""  # where the till leaves its XML; empty = not watched


def load(path: Path) -> Settings:
    """Return the settings in `path`; what is missing, foreign or out of bounds has its default."""
    good = {name: value for name, value in _read(path).items() if _fits(name, value)}
    return msgspec.convert(good, Settings)


def save(path: Path, settings: Settings) -> None:
    """Write the settings in one step: after a power cut the old file or the new one is there.

    Entries of the file that this version does not know are kept. Raises OSError.
    """
    unknown = {
        name: value
        for name, value in _read(path).items()
        if name not in asdict(settings) and isinstance(value, bool | int | str)
    }
    lines = [f"{name} = {_toml(value)}" for name, value in (asdict(settings) | unknown).items()]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def _fits(name: str, value: object) -> bool:
    try:
        msgspec.convert({name: value}, Settings)
    except msgspec.ValidationError:
        return False
    return True


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    # A basic string of TOML: control characters, quotes and backslashes are written as \uXXXX.
    return '"' + "".join(_escaped(char) for char in str(value)) + '"'


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if char in '"\\' or ord(char) < 32 or ord(char) == 127 else char
