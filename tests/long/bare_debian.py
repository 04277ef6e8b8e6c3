"""Proof: the checkout sets itself up on a bare Debian, and needs no network afterwards.

`python -m tests.long.bare_debian` makes a minimal Debian with python3 and nothing else, clones the
last commit into it, and calls there what a newcomer calls. Needs root, debootstrap, git, a network,
3 GB of disk and some minutes. The folder stays, for a closer look; the next proof replaces it.
"""

import argparse
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARK = "made-by-bare-debian"
DESK = "/desk"
# What a machine behind a proxy or an inspecting firewall has to say; nothing else comes along.
PASSED_ON = (
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    *("PIP_CERT", "SSL_CERT_FILE", "PIP_INDEX_URL"),
)
CERTIFICATES = ("PIP_CERT", "SSL_CERT_FILE")


def main() -> int:
    """Make the proof; 0 when all of it holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.long.bare_debian")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/bare"))
    parser.add_argument("--suite", default="bookworm")
    parser.add_argument("--again", action="store_true", help="use the Debian made last time")
    chosen = parser.parse_args()
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        print("Needs root and debootstrap: apt-get install debootstrap")
        return 2
    if not chosen.again:
        make_debian(chosen.folder, chosen.suite)
    place_checkout(chosen.folder)
    return prove(chosen.folder, bare=not chosen.again)


def make_debian(folder: Path, suite: str) -> None:
    """Bootstrap a minimal Debian with python3 into `folder`, replacing only an earlier one."""
    if folder.exists():
        if not (folder / MARK).exists():
            raise SystemExit(f"{folder} was not made by this proof; choose another --folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    began = time.monotonic()
    # In a mount namespace of its own: nothing that debootstrap mounts stays behind.
    bootstrap = ["debootstrap", "--variant=minbase", "--include=python3", suite, str(folder)]
    subprocess.run(
        ["unshare", "--mount", "--propagation", "private", *bootstrap],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    print(f"debootstrap: {time.monotonic() - began:.0f} s", flush=True)
    shutil.copy("/etc/resolv.conf", folder / "etc" / "resolv.conf")
    for name in CERTIFICATES:
        if path := os.environ.get(name):
            shutil.copy(path, folder / certificate_inside(name).lstrip("/"))


def certificate_inside(name: str) -> str:
    """Where a certificate file lies in there: not where Debian's own package writes its bundle."""
    return f"/etc/{name.lower()}.pem"


def place_checkout(folder: Path) -> None:
    """Clone the last commit: what a newcomer gets, without anything left lying in our folder."""
    desk = folder / DESK.lstrip("/")
    if desk.exists():
        shutil.rmtree(desk)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(desk)], check=True)


def prove(folder: Path, *, bare: bool) -> int:
    """Call what a newcomer calls, in order; 0 when each call answered as it should."""
    steps = [
        ("doctor on the bare machine", ["doctor"], 1 if bare else None, False),
        ("first test run, from nothing", ["test"], 0, False),
        ("second set-up", ["setup"], 0, False),
        ("doctor afterwards", ["doctor"], 0, False),
        ("second set-up without a network", ["setup"], 0, True),
        ("test run without a network", ["test"], 0, True),
    ]
    if (folder / DESK.lstrip("/") / "loyalty_desk" / "__main__.py").exists():
        tour = ["run", "--tour", "/tmp/tour"]
        steps.append(("tour of the desk without display and network", tour, 0, True))
    figures = []
    for what, words, expected, cut in steps:
        print(f"\n== {what}: python3 -m installer {' '.join(words)}", flush=True)
        began = time.monotonic()
        code = call_inside(folder, ["python3", "-m", "installer", *words], cut=cut)
        seconds = time.monotonic() - began
        held = expected is None or code == expected
        figures.append((held, f"{what}: exit {code}, {seconds:.1f} s"))
        # A second set-up is all but free: one process start and a look at the stamp.
        if what.startswith("second set-up"):
            figures.append((seconds < 1, f"{what} takes less than a second"))
    print("\n" + "\n".join(f"{'holds' if held else 'FAILS'}  {line}" for held, line in figures))
    return 0 if all(held for held, _ in figures) else 1


def call_inside(folder: Path, command: list[str], *, cut: bool) -> int:
    """Run `command` in the checkout inside `folder`, with the network cut off if asked."""
    spaces = ["unshare", "--mount", "--propagation", "private", *(["--net"] if cut else [])]
    enter = [sys.executable, str(Path(__file__)), "--enter", str(folder), "cut" if cut else "open"]
    return subprocess.run([*spaces, *enter, *command], check=False).returncode


def enter(folder: str, network: str, *command: str) -> None:
    """Become `command` inside `folder`. Runs in namespaces of its own."""
    if network == "cut":
        raise_loopback()
    subprocess.run(["mount", "-t", "proc", "proc", f"{folder}/proc"], check=True)
    # As every Debian has it: the suite writes there when there is room.
    memory = ["mount", "-t", "tmpfs", "-o", "nosuid,nodev,mode=1777", "shm", f"{folder}/dev/shm"]
    subprocess.run(memory, check=True)
    os.chroot(folder)
    os.chdir(DESK)
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {name: certificate_inside(name) for name in CERTIFICATES if name in environment}
    environment |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    os.execvpe(command[0], command, environment)


def raise_loopback() -> None:
    """Bring `lo` up: in a fresh network namespace even 127.0.0.1 is unreachable."""
    get_flags, set_flags, up_and_running = 0x8913, 0x8914, 0x41  # SIOCGIFFLAGS, SIOCSIFFLAGS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        asked = struct.pack("16sH14s", b"lo", 0, b"")
        name, flags, rest = struct.unpack("16sH14s", fcntl.ioctl(control, get_flags, asked))
        wanted = struct.pack("16sH14s", name, flags | up_and_running, rest)
        fcntl.ioctl(control, set_flags, wanted)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--enter"]:
        enter(*sys.argv[2:])
    sys.exit(main())
