"""Starts the desk, or, in a frozen build, the server that it embeds."""

import sys


def main() -> int:
    """Run what the command line asks for; returns the exit code."""
    if sys.argv[1:2] == ["server"]:
        # A frozen app is its own interpreter: the embedded server starts here, before any Qt.
        from importlib import import_module

        return int(import_module("sync.server.__main__").main(sys.argv[2:]))
    from loyalty_desk.app import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
