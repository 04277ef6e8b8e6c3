"""The terminal's secrets: where they are kept, and when they may be made."""

import json
import os
import stat

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from loyalty_desk.paths import places as places_of
from loyalty_desk.store.keys import forget_keys, load_keys, system_vault
from sync.programme.refusals import Reason, Refused
from tests.store.acts import seeded_bytes


class Keyring:
    """A system's keyring, played: secrets by service and entry; `fault` is raised instead."""

    def __init__(self, fault=None, *, keeps=True):
        self.secrets = {}
        self.fault = fault
        self.keeps = keeps

    def get_password(self, service, entry):
        if self.fault:
            raise self.fault
        return self.secrets.get((service, entry))

    def set_password(self, service, entry, secret):
        if self.fault:
            raise self.fault
        if self.keeps:
            self.secrets[service, entry] = secret

    def delete_password(self, service, entry):
        del self.secrets[service, entry]


def load(places, vault=None, seed=1):
    return load_keys(places, random_bytes=seeded_bytes(seed), vault=vault)


def test_keys_are_made_once_and_found_again_in_the_keyring(places):
    vault = Keyring()

    first, again = load(places, vault), load(places, vault, seed=2)

    assert first == again
    assert not first.in_file
    assert not places.keys.exists()
    assert {entry for _, entry in vault.secrets} == {"device", "database", "pepper"}


def test_without_a_keyring_they_are_in_a_file_for_its_owner_and_say_so(places):
    first, again = load(places), load(places, seed=2)

    assert first == again
    assert first.in_file
    if os.name != "nt":
        assert stat.S_IMODE(places.keys.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "vault",
    [
        pytest.param(Keyring(keyring.errors.KeyringError("gone")), id="fails"),
        pytest.param(Keyring(keeps=False), id="forgets"),
    ],
)
def test_a_keyring_that_does_not_keep_them_leads_to_the_file(places, vault):
    if vault.fault:
        vault.get_password = lambda service, entry: None

    keys = load(places, vault)

    assert keys.in_file
    assert load(places, vault, seed=2) == keys


def test_lost_keys_are_a_refusal_when_a_ledger_exists(places):
    places.ledger.write_bytes(b"something")

    with pytest.raises(Refused) as refused:
        load(places, Keyring())

    assert refused.value.reason is Reason.DATABASE_KEY_MISSING


def test_a_locked_keyring_is_not_an_empty_one(places):
    with pytest.raises(Refused) as refused:
        load(places, Keyring(keyring.errors.KeyringLocked("locked")))

    assert refused.value.reason is Reason.DATABASE_KEY_MISSING
    assert not places.keys.exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"device": "zz"}', json.dumps({"device": "00", "database": "00"})]
)
def test_a_key_file_that_cannot_be_read_is_never_replaced(places, text):
    places.keys.write_text(text)

    with pytest.raises(Refused) as refused:
        load(places)

    assert refused.value.reason is Reason.DATABASE_KEY_MISSING
    assert places.keys.read_text() == text


def test_two_profiles_do_not_share_a_keyring_entry(tmp_path):
    vault = Keyring()

    one = load(places_of("one", tmp_path), vault)
    two = load(places_of("two", tmp_path), vault, seed=2)

    assert one.device != two.device
    assert len(vault.secrets) == 6


def test_secrets_do_not_show_in_a_log(places):
    keys = load(places)

    assert keys.database.hex() not in repr(keys)
    assert str(keys.database) not in repr(keys)


def test_the_public_key_is_the_signing_keys(places):
    keys = load(places)

    keys.signing_key.public_key().verify(keys.signing_key.sign(b"x"), b"x")

    assert keys.public_key == keys.signing_key.public_key().public_bytes_raw()


@pytest.fixture
def keyring_in_use():
    """Put back, at the end, whichever keyring this machine uses."""
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


@pytest.mark.parametrize("backend", [keyring.backends.fail.Keyring, keyring.backends.null.Keyring])
def test_a_machine_without_a_keyring_has_no_vault(keyring_in_use, backend):
    keyring_in_use(backend())

    assert system_vault() is None


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("keyring.backends.Windows.WinVaultKeyring", id="of-another-system"),
        pytest.param("nowhere.to.be.Found", id="not-installed"),
        pytest.param("keyring.backends.fail.Lost", id="not-in-it"),
        pytest.param("nonsense", id="no-name"),
    ],
)
def test_a_keyring_that_the_settings_name_and_that_does_not_work_is_no_vault(
    keyring_in_use, monkeypatch, name
):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
    monkeypatch.setattr("keyring.core._keyring_backend", None)

    assert system_vault() is None


def test_a_machine_with_a_keyring_keeps_the_keys_in_it(keyring_in_use, places):
    secrets = {}

    class InMemory(keyring.backend.KeyringBackend):
        priority = 1

        def get_password(self, service, username):
            return secrets.get((service, username))

        def set_password(self, service, username, password):
            secrets[service, username] = password

    keyring_in_use(InMemory())

    assert not load(places, system_vault()).in_file
    assert ("loyalty-desk", "device") in secrets


def test_no_room_for_the_key_file_is_named(tmp_path):
    (tmp_path / "config").write_text("a file, not a folder")

    with pytest.raises(Refused) as refused:
        load(places_of(root=tmp_path))

    assert refused.value.reason in (Reason.DISK_FULL, Reason.DATABASE_KEY_MISSING)


def test_forgotten_keys_are_nowhere_any_more(places):
    vault = Keyring()
    load(places, vault)
    load(places)

    forget_keys(places, vault)

    assert vault.secrets == {}
    assert not places.keys.exists()
    forget_keys(places, vault)


def test_keys_in_a_file_are_forgotten_where_there_is_no_keyring(places):
    load(places)

    forget_keys(places, None)

    assert not places.keys.exists()


def test_a_key_file_that_cannot_be_removed_is_named(places):
    places.keys.mkdir()

    with pytest.raises(Refused) as refused:
        forget_keys(places, None)

    assert refused.value.reason is Reason.DISK_FULL


def test_a_keyring_that_does_not_let_go_is_named(places):
    with pytest.raises(Refused) as refused:
        forget_keys(places, Keyring(keyring.errors.KeyringLocked()))

    assert refused.value.reason is Reason.DATABASE_KEY_MISSING
