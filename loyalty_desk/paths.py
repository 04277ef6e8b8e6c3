"""Places: where this terminal keeps its settings, its data and its log on each system.

Guarantees that two profiles never share a file or a keyring entry, so that two terminals can live
on one machine. No folder is made here; `Places.prepare` makes them, private to their owner.
"""

import re
from dataclasses import dataclass
from pathlib import Path

APP = "loyalty-desk"

_PROFILE = re.compile(r"[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The three folders of one profile, and the files in them.

    The guard and the keys lie with the settings, not with the data: who copies or restores the data
    folder alone shows.
    """

    profile: str
    config: Path
    data: Path
    logs: Path

    @property
    def service(self) -> str:
        """The name under which the system's keyring holds this profile's keys."""
        return f"{APP}/{self.profile}" if self.profile else APP

    @property
    def settings(self) -> Path:
        """The settings, as TOML."""
        return self.config / "settings.toml"

    @property
    def keys(self) -> Path:
        """The key file, where there is no keyring."""
        return self.config / "keys.json"

    @property
    def guard(self) -> Path:
        """What was seen last of the ledger, so that an older one put back shows."""
        return self.config / "guard.json"

    @property
    def ledger(self) -> Path:
        """What is needed to act, or impossible to fetch again. Never deleted by itself."""
        return self.data / "ledger.db"

    @property
    def ledger_anew(self) -> Path:
        """A ledger that is being made anew; it takes the ledger's place when that is gone."""
        return self.data / "ledger.new"

    @property
    def ledger_hurt(self) -> Path:
        """Notes that the ledger has to be made anew at the next start."""
        return self.data / "ledger.hurt"

    @property
    def salvage(self) -> Path:
        """Every own event once more, against a disk that forgets single bits."""
        return self.data / "salvage.log"

    @property
    def cache(self) -> Path:
        """The projection of members. Disposable."""
        return self.data / "cache.db"

    @property
    def lock(self) -> Path:
        """Held while the programme runs, so that a profile is open once."""
        return self.data / "running.lock"

    @property
    def demo(self) -> Path:
        """The demo programme: the embedded server's files and a terminal of its own."""
        return self.data / "demo"

    @property
    def cards(self) -> Path:
        """Members' cards that were saved to be printed or sent."""
        return self.data / "cards"

    @property
    def slips(self) -> Path:
        """Slips that were made to be printed."""
        return self.data / "slips"

    @property
    def exports(self) -> Path:
        """Records saved to be carried to the server. Kept when a till leaves its machine."""
        return self.data / "exports"

    @property
    def log(self) -> Path:
        """The log, one JSON object a line."""
        return self.logs / "desk.jsonl"

    def prepare(self) -> None:
        """Make the folders that are missing; only their owner may look into them."""
        for folder in (self.config, self.data, self.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def places(profile: str = "", root: Path | None = None) -> Places:
    """Return the places of a profile: the system's own, or all under `root`.

    Raises ValueError for a profile name that is not letters, digits, dash and underscore.
    """
    if profile and not _PROFILE.fullmatch(profile):
        raise ValueError(f"not a profile name: {profile!r}")
    if root is not None:
        config, data, logs = root / "config", root / "data", root / "logs"
    else:
        config, data, logs = _system_folders()
    if profile:
        config, data, logs = (folder / "profiles" / profile for folder in (config, data, logs))
    return Places(profile=profile, config=config, data=data, logs=logs)


def profiles(root: Path | None = None) -> tuple[Places, ...]:
    """Return every profile that has kept anything: the named ones in order, the unnamed one last.

    An unnamed profile's folders hold those of the named ones.
    """
    unnamed = places("", root)
    homes = (unnamed.config / "profiles", unnamed.data / "profiles")
    names = {folder.name for home in homes if home.is_dir() for folder in home.iterdir()}
    known = sorted(name for name in names if _PROFILE.fullmatch(name))
    return (*(places(name, root) for name in known), unnamed)


def _system_folders() -> tuple[Path, Path, Path]:
    import platformdirs  # only when the system is asked: tests and demo bring their own root

    dirs = platformdirs.PlatformDirs(APP, appauthor=False, roaming=False)
    return dirs.user_config_path, dirs.user_data_path, dirs.user_log_path
