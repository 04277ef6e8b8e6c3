"""The locks: hashed, for every platform at once, made from the pins in `pyproject.toml`.

Guarantees that no address of a package index and no path of the machine lands in a lock file.
"""

import os
import subprocess

from installer import packages, surroundings
from installer.checkout import Checkout
from installer.packages import Kind, Say

_OPTIONS = (
    "--universal",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
    "--python-version=3.11",
    "--only-binary=:all:",
    "--quiet",
)

_LOCKS = {
    "uv": ("--group=installer",),
    "app": ("pyproject.toml", "--group=build"),
    "dev": (
        "pyproject.toml",
        "--group=build",
        "--group=dev",
        # Whatever the desk runs with, the tests run with.
        "--constraint=installer/locks/app.txt",
    ),
}


def make(checkout: Checkout, say: Say, *, upgrade: bool) -> int:
    """Write the three locks anew; versions that still fit stay unless `upgrade`. Exit code."""
    # An edited pin leaves the finished `.venv` without a valid stamp, but its uv still works.
    if not checkout.uv.exists():
        packages.ensure(checkout, Kind.APP, say)
    environment = surroundings.for_installing(os.environ, {})
    for name, sources in _LOCKS.items():
        command = [str(checkout.uv), "pip", "compile", *_OPTIONS, *sources]
        command += ["--upgrade"] if upgrade else []
        command += ["--output-file", f"installer/locks/{name}.txt"]
        done = subprocess.run(
            command, cwd=checkout.root, env=environment, stdout=subprocess.DEVNULL, check=False
        )
        if done.returncode != 0:
            return done.returncode
        say(f"  installer/locks/{name}.txt")
    return 0
