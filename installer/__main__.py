"""`python3 -m installer`: one word says what should happen, the rest is passed on."""

import os
import subprocess
import sys
from collections.abc import Sequence

from installer import checkout, departure, doctor, locks, packages, suite, surroundings, system
from installer.checkout import Checkout
from installer.packages import Kind, SetupFailed

USAGE = """\
python3 -m installer run [...]     set everything up and open the desk on the demo programme
python3 -m installer test [...]    set everything up and run all tests (or those pytest is told)
python3 -m installer bench [...]   set everything up and print the table of ratios
python3 -m installer doctor        say what is missing and how to get it (--json for support)
python3 -m installer setup         only set everything up
python3 -m installer upgrade       fetch the next version and set it up
python3 -m installer uninstall     say what is removed from this machine, ask, remove it
python3 -m installer lock          make the lock files anew from pyproject.toml (--upgrade)"""


def main(arguments: Sequence[str]) -> int:
    """Do what the first word says; return the exit code."""
    here = checkout.here()
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("", ())
    try:
        match verb:
            case "run":
                return _run(here, rest)
            case "test":
                _set_up(here, Kind.DEV, window=False, tools=True)
                return suite.run(here, rest)
            case "bench":
                _set_up(here, Kind.DEV, window=False, tools=True)
                environment = surroundings.for_desk(os.environ)
                return _start(
                    here,
                    ["-m", "tests.bench", *rest],
                    surroundings.with_bytecode(environment, here.bytecode),
                )
            case "setup":
                _set_up(here, Kind.APP, window=surroundings.has_display(os.environ))
                return 0
            case "upgrade" | "uninstall":
                return departure.VERBS[verb](here, rest)
            case "doctor":
                return doctor.report(here, as_json="--json" in rest)
            case "lock":
                return locks.make(here, _say, upgrade="--upgrade" in rest)
    except SetupFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(USAGE)
    return 0 if verb in ("help", "-h", "--help") else 2


def _set_up(here: Checkout, kind: Kind, *, window: bool, tools: bool = False) -> None:
    lacking = system.missing(system.needs(window=window, tools=tools))
    if lacking and system.can_install():
        _say("System packages: " + " ".join(sorted(need.package for need in lacking)))
        if not system.install(lacking):
            raise SetupFailed("Debian's packages could not be installed: see above.")
    elif lacking:
        raise SetupFailed(f"This machine lacks system packages. Run:\n  {system.remedy(lacking)}")
    if not packages.ready(here, kind):
        _say("Setting up .venv:")
        packages.ensure(here, kind, _say)


def _run(here: Checkout, arguments: Sequence[str]) -> int:
    display = surroundings.has_display(os.environ)
    _set_up(here, Kind.APP, window=display)
    if not display and "QT_QPA_PLATFORM" not in os.environ:
        _say("No display: the desk runs offscreen, without a window.")
    command = ["-m", "loyalty_desk", "--demo", *arguments]
    return _start(here, command, surroundings.for_desk(os.environ))


def _start(here: Checkout, arguments: Sequence[str], environment: dict[str, str]) -> int:
    """Hand over to Python in `.venv`; on POSIX it takes this process's place, signals and all."""
    command = [str(here.python), *arguments]
    sys.stdout.flush()
    if sys.platform != "win32":
        os.execve(command[0], command, environment)
    return subprocess.run(command, env=environment, check=False).returncode


def _say(line: str) -> None:
    # Flushed at once, or lines would come out after those of the programmes we start.
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
