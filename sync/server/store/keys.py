"""The server's own keys: files beside the database, never inside it.

Four Ed25519 pairs sign (cards, phone codes, vouchers, configuration and acknowledgements); the
other keys wrap the keys of members, hash identifiers for the server and for terminals, and seal PIN
verifiers. Each is 32 bytes in a file of its own that only the owner may read.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.programme.refusals import Reason, Refused

FOLDER = "keys"
CARDS_KID, PHONES_KID, VOUCHERS_KID, CONFIG_KID = 1, 2, 3, 4

_BYTES = 32
_SIGNING = {
    "cards": CARDS_KID,
    "phones": PHONES_KID,
    "vouchers": VOUCHERS_KID,
    "config": CONFIG_KID,
}
_SECRETS = ("field", "identifiers", "terminals", "pins")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Keys:
    """Every key of the server. `terminals` is the identifier key that terminals are given.

    It has no representation: a key never gets into a log or a traceback.
    """

    cards: Ed25519PrivateKey
    phones: Ed25519PrivateKey
    vouchers: Ed25519PrivateKey
    config: Ed25519PrivateKey
    field: bytes
    identifiers: bytes
    terminals: bytes
    pins: bytes


def make_keys(folder: Path, random: Callable[[int], bytes]) -> None:
    """Make the keys that are missing under `folder`; those that are there stay."""
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(stat.S_IRWXU)
    for path in _paths(place).values():
        if not path.exists():
            _write(path, random(_BYTES))


def load_keys(folder: Path) -> Keys:
    """Return the keys under `folder`; raises Refused: DATABASE_KEY_MISSING."""
    try:
        held = {name: path.read_bytes() for name, path in _paths(folder / FOLDER).items()}
    except FileNotFoundError as fault:
        raise Refused(Reason.DATABASE_KEY_MISSING) from fault
    if any(len(key) != _BYTES for key in held.values()):
        raise Refused(Reason.DATABASE_KEY_MISSING)
    pairs = {name: Ed25519PrivateKey.from_private_bytes(held[name]) for name in _SIGNING}
    return Keys(
        cards=pairs["cards"],
        phones=pairs["phones"],
        vouchers=pairs["vouchers"],
        config=pairs["config"],
        field=held["field"],
        identifiers=held["identifiers"],
        terminals=held["terminals"],
        pins=held["pins"],
    )


def _paths(place: Path) -> dict[str, Path]:
    signing = {name: place / f"{kid}-{name}.key" for name, kid in _SIGNING.items()}
    return signing | {name: place / f"{name}.key" for name in _SECRETS}


def _write(path: Path, key: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
