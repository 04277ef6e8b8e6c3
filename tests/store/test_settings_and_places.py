"""Settings and places of a profile."""

import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_desk.paths import places as places_of
from loyalty_desk.paths import profiles
from loyalty_desk.settings import Settings, load, save

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def test_a_new_terminal_has_the_defaults(tmp_path):
    assert load(tmp_path / "settings.toml") == Settings()


def test_what_is_saved_is_loaded(tmp_path):
    settings = Settings(
        theme="dark", scale_percent=150, printer_address="192.168.0.9", sounds=False
    )

    save(tmp_path / "settings.toml", settings)

    assert load(tmp_path / "settings.toml") == settings


@settings(max_examples=100)
@given(prefix=TEXT, folder=TEXT)
def test_any_text_survives_the_file(tmp_path_factory, prefix, folder):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    wanted = Settings(reader_prefix=prefix, receipts_folder=folder)

    save(path, wanted)

    assert load(path) == wanted


@pytest.mark.parametrize(
    "line",
    [
        "theme = 'purple'",
        "scale_percent = 9000",
        "scale_percent = true",
        "sounds = 1",
        "sounds = 'yes'",
        "printer_address = 7",
        "paper_mm = 12.5",
        "language = ['en']",
    ],
)
def test_what_cannot_be_understood_keeps_its_default_and_the_rest_counts(tmp_path, line):
    path = tmp_path / "settings.toml"
    path.write_text(f"auto_lock_minutes = 9\n{line}\n")

    assert load(path) == Settings(auto_lock_minutes=9)


def test_a_file_that_is_no_toml_is_no_reason_to_stop(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_bytes(b"\xff\xfe not = = toml")

    assert load(path) == Settings()


def test_entries_of_a_later_version_are_kept(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("hologram = true\n")

    save(path, Settings(sounds=False))

    assert "hologram = true" in path.read_text()
    assert load(path) == Settings(sounds=False)


def test_profiles_share_no_file(tmp_path):
    one, two = places_of("one", tmp_path), places_of("two", tmp_path)

    for name in ("settings", "keys", "ledger", "cache", "lock", "demo", "log", "service"):
        assert getattr(one, name) != getattr(two, name)


@pytest.mark.parametrize("name", ["../x", "a/b", "a b", "é", "x" * 33])
def test_a_profile_name_cannot_lead_elsewhere(tmp_path, name):
    with pytest.raises(ValueError, match="profile"):
        places_of(name, tmp_path)


def test_settings_and_keys_do_not_lie_with_the_data(tmp_path):
    found = places_of(root=tmp_path)

    assert found.keys.parent == found.settings.parent == found.config
    assert found.config != found.data


def test_the_systems_own_folders_are_this_programmes():
    found = places_of()

    assert "loyalty-desk" in str(found.config)
    assert "loyalty-desk" in str(found.data)
    assert "loyalty-desk" in str(found.logs)
    assert found.service == "loyalty-desk"


@pytest.mark.skipif(os.name == "nt", reason="modes are a matter of POSIX")
def test_folders_are_private(tmp_path):
    found = places_of(root=tmp_path)

    found.prepare()

    for folder in (found.config, found.data, found.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_only_profiles_that_have_kept_something_are_listed_the_unnamed_one_last(tmp_path):
    for profile in ("b", "a"):
        places_of(profile, tmp_path).prepare()
    (tmp_path / "data" / "profiles" / "not a profile").mkdir(parents=True)

    assert [here.profile for here in profiles(tmp_path)] == ["a", "b", ""]
    assert [here.profile for here in profiles(tmp_path / "elsewhere")] == [""]
