"""Keys: the three secrets of a terminal, and where they are kept.

The device key signs, the database key opens `ledger.db`, the pepper makes PIN verifiers useless on
another machine. They live in the system's keyring; where there is none, in a file that only its
owner may read, and `Keys.in_file` says so, to be shown for as long as it is true.

Guarantees that keys are made only when no database exists that the lost ones would have opened.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyalty_desk.paths import Places
from loyalty_desk.store import whole_file
from sync.programme.refusals import Reason, Refused

_BYTES = 32
_ENTRIES = ("device", "database", "pepper")


class Vault(Protocol):
    """A keyring: one secret text per (service, entry). None stands for nothing kept."""

    def get_password(self, service: str, entry: str) -> str | None:
        """Return the secret, or None."""
        ...

    def set_password(self, service: str, entry: str, secret: str) -> None:
        """Keep the secret."""
        ...

    def delete_password(self, service: str, entry: str) -> None:
        """Forget the secret, which is there."""
        ...


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets, 32 bytes each. `device` is the seed of an Ed25519 key."""

    device: bytes
    database: bytes
    pepper: bytes
    in_file: bool

    @property
    def signing_key(self) -> Ed25519PrivateKey:
        """The key that signs requests and batches."""
        return Ed25519PrivateKey.from_private_bytes(self.device)

    @property
    def public_key(self) -> bytes:
        """What the server knows this terminal by."""
        return self.signing_key.public_key().public_bytes_raw()

    def derived(self, purpose: str) -> bytes:
        """Return a key for one purpose, 32 bytes, that tells nothing about the others."""
        label = f"loyalty-desk/{purpose}/1\0".encode()
        return hmac.digest(self.pepper, label + self.database, hashlib.sha256)

    def __repr__(self) -> str:
        """Secrets are not for logs."""
        return f"Keys(in_file={self.in_file})"


def system_vault() -> Vault | None:
    """Return the keyring of this system, or None when there is none that works."""
    import keyring.backends.fail
    import keyring.backends.null
    import keyring.errors

    try:
        found = keyring.get_keyring()
    except (keyring.errors.KeyringError, RuntimeError, ImportError, AttributeError, ValueError):
        return None  # also when the settings name one that is not there
    without = (keyring.backends.fail.Keyring, keyring.backends.null.Keyring)
    return None if isinstance(found, without) else found


def load_keys(places: Places, *, random_bytes: Callable[[int], bytes], vault: Vault | None) -> Keys:
    """Return this profile's keys; on the first start they are made and kept.

    `vault` is the system's keyring, or None to use the file. Raises Refused: DATABASE_KEY_MISSING
    when a ledger exists and its keys do not, DISK_FULL when they cannot be kept.
    """
    kept = _from_file(places.keys)
    if kept is not None:
        return _keys(kept, in_file=True)
    kept = _from_vault(places.service, vault)
    if kept is not None:
        return _keys(kept, in_file=False)
    if places.ledger.exists():
        raise Refused(Reason.DATABASE_KEY_MISSING)
    fresh = {entry: random_bytes(_BYTES) for entry in _ENTRIES}
    if vault is not None and _into_vault(places.service, vault, fresh):
        return _keys(fresh, in_file=False)
    _into_file(places.keys, fresh)
    return _keys(fresh, in_file=True)


def forget_keys(places: Places, vault: Vault | None) -> None:
    """Forget this profile's keys for good: nothing opens its files any more.

    Raises Refused(DISK_FULL) when the key file cannot be removed, DATABASE_KEY_MISSING when the
    keyring does not let them go.
    """
    try:
        places.keys.unlink(missing_ok=True)
    except OSError as fault:
        raise Refused(Reason.DISK_FULL) from fault
    if vault is None:
        return
    try:
        for entry in _ENTRIES:
            if vault.get_password(places.service, entry) is not None:
                vault.delete_password(places.service, entry)
    except _vault_faults() as fault:
        raise Refused(Reason.DATABASE_KEY_MISSING) from fault


def _keys(secrets: Mapping[str, bytes], *, in_file: bool) -> Keys:
    return Keys(secrets["device"], secrets["database"], secrets["pepper"], in_file)


def _from_vault(service: str, vault: Vault | None) -> dict[str, bytes] | None:
    if vault is None:
        return None
    try:
        texts = {entry: vault.get_password(service, entry) for entry in _ENTRIES}
    except _vault_faults() as fault:
        # A locked keyring is not an empty one: making new keys would orphan what the old ones open.
        raise Refused(Reason.DATABASE_KEY_MISSING) from fault
    return _decoded(texts)


def _into_vault(service: str, vault: Vault, secrets: Mapping[str, bytes]) -> bool:
    """Keep the secrets and read them back; False when this keyring cannot be trusted with them."""
    try:
        for entry, secret in secrets.items():
            vault.set_password(service, entry, secret.hex())
        kept = {entry: vault.get_password(service, entry) for entry in _ENTRIES}
    except _vault_faults():
        return False
    return _decoded(kept) == secrets


def _from_file(path: Path) -> dict[str, bytes] | None:
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as fault:
        raise Refused(Reason.DATABASE_KEY_MISSING) from fault
    secrets = _decoded(found) if isinstance(found, dict) else None
    if secrets is None:
        raise Refused(Reason.DATABASE_KEY_MISSING)
    return secrets


def _into_file(path: Path, secrets: Mapping[str, bytes]) -> None:
    body = json.dumps({entry: secret.hex() for entry, secret in secrets.items()})
    whole_file.put(path, body.encode("ascii"))


def _decoded(texts: Mapping[str, object]) -> dict[str, bytes] | None:
    try:
        secrets = {entry: bytes.fromhex(str(texts.get(entry) or "")) for entry in _ENTRIES}
    except ValueError:
        return None
    return secrets if all(len(secret) == _BYTES for secret in secrets.values()) else None


def _vault_faults() -> tuple[type[Exception], ...]:
    import keyring.errors

    return (keyring.errors.KeyringError, OSError, RuntimeError)
