"""The doctor: says what is missing on this machine, and the one command that cures each thing.

Guarantees that looking changes nothing: it installs nothing and asks no network.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from installer import packages, surroundings, system
from installer.checkout import Checkout
from installer.packages import Kind

# A `.venv` for the tests has some 600 MB; pip and uv need room to unpack beside it.
SPACE_NEEDED_MB = 1_500


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `remedy` is empty exactly when all is well."""

    what: str
    found: str
    remedy: str = ""


def examine(checkout: Checkout) -> tuple[Finding, ...]:
    """Look at everything a run and a test need, in the order in which they would fail."""
    findings = [_python(), _processor(), *_system(), _checkout_folder(checkout), *_certificates()]
    ready = packages.ready(checkout, Kind.APP)
    if not ready:
        findings.append(_space(checkout))
    findings.append(_venv(checkout, ready=ready))
    if ready:
        findings.append(_qt(checkout))
    findings.append(_display())
    return tuple(findings)


def report(checkout: Checkout, *, as_json: bool) -> int:
    """Print the findings; return 1 when something is missing, else 0."""
    findings = examine(checkout)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        print("\n".join(_in_words(findings)))
    return int(any(finding.remedy for finding in findings))


def _in_words(findings: Iterable[Finding]) -> list[str]:
    findings = tuple(findings)
    lines = [f"{'MISSING' if f.remedy else 'ok':<8} {f.what}: {f.found}" for f in findings]
    # One command often cures several; each is named once, in the order to type them.
    remedies = dict.fromkeys(finding.remedy for finding in findings if finding.remedy)
    if not remedies:
        return [*lines, "Nothing is missing."]
    return [*lines, "What to do:", *(f"  {remedy}" for remedy in remedies)]


def _python() -> Finding:
    return Finding("Python", f"{platform.python_version()} at {sys.executable}")


def _processor() -> Finding:
    """Qt's packages for Linux name the oldest C library they run on; older ones cannot be cured."""
    library, version = platform.libc_ver()
    found = f"{platform.system()} {platform.machine()} {library} {version}".strip()
    oldest = (2, 39) if platform.machine() in ("aarch64", "arm64") else (2, 34)
    if library != "glibc" or tuple(int(part) for part in version.split(".")) >= oldest:
        return Finding("system", found)
    needed = ".".join(str(part) for part in oldest)
    return Finding("system", found, f"use a system with glibc {needed} or newer (Qt needs it)")


def _system() -> list[Finding]:
    window = surroundings.has_display(os.environ)
    wanted = system.needs(window=window)
    lacking = system.missing(wanted)
    if not lacking:
        return [Finding("system libraries", f"all {len(wanted)} present")]
    remedy = system.remedy(lacking)
    return [Finding(need.name, f"missing (package {need.package})", remedy) for need in lacking]


def _checkout_folder(checkout: Checkout) -> Finding:
    writable = os.access(checkout.root, os.W_OK)
    remedy = "" if writable else f"make the folder writable: chmod u+w {checkout.root}"
    return Finding("checkout", str(checkout.root), remedy)


def _certificates() -> list[Finding]:
    """A certificate file named in the environment but absent breaks every download."""
    findings = []
    for name in ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        path = os.environ.get(name)
        if path:
            remedy = "" if os.path.exists(path) else f"unset {name}, or put the file there"
            findings.append(Finding(name, path, remedy))
    return findings


def _space(checkout: Checkout) -> Finding:
    free_mb = shutil.disk_usage(checkout.root).free // 1_000_000
    enough = free_mb >= SPACE_NEEDED_MB
    remedy = "" if enough else f"free {SPACE_NEEDED_MB - free_mb} MB on this disk"
    return Finding("free space", f"{free_mb} MB", remedy)


def _venv(checkout: Checkout, *, ready: bool) -> Finding:
    if packages.ready(checkout, Kind.DEV):
        return Finding("packages", "installed, with those for the tests")
    if ready:
        return Finding("packages", "installed; those for the tests come with the first test run")
    return Finding("packages", "not installed or out of date", "python3 -m installer setup")


def _qt(checkout: Checkout) -> Finding:
    environment = surroundings.for_desk({**os.environ, "QT_QPA_PLATFORM": "offscreen"})
    attempt = "from PySide6.QtWidgets import QApplication; QApplication([])"
    tried = subprocess.run(
        [str(checkout.python), "-c", attempt],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode == 0:
        return Finding("Qt", "starts")
    last_line = (tried.stderr.strip().splitlines() or ["no message"])[-1]
    return Finding("Qt", last_line, "rm -r .venv && python3 -m installer setup")


def _display() -> Finding:
    if surroundings.has_display(os.environ):
        return Finding("display", "present")
    return Finding("display", "none: the desk will run offscreen, without a window")
