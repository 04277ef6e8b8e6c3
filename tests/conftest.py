"""What every test stands on: the environment, and how long Hypothesis searches.

The environment is set here as well as by the installer, so that a bare `pytest` sees the same
world. It has to happen before Qt is imported.
"""

import atexit
import gc
import os
import random
import shutil
import tempfile

import pytest
from hypothesis import HealthCheck, settings

# Qt warns, and so fails a test, under a locale that cannot spell "São", or without a folder of its
# own for sockets. Workers of a parallel run inherit both from the process that started them.
os.environ["LC_ALL"] = "C.UTF-8"
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if "PYTEST_XDIST_WORKER" not in os.environ:
    _runtime_folder = tempfile.mkdtemp(prefix="loyalty-desk-test-")
    atexit.register(shutil.rmtree, _runtime_folder, ignore_errors=True)
    os.environ["XDG_RUNTIME_DIR"] = _runtime_folder
    # Another one for PostgreSQL, which opens every folder above its data to everybody.
    _postgres_folder = tempfile.mkdtemp(prefix="loyalty-desk-postgres-")
    atexit.register(shutil.rmtree, _postgres_folder, ignore_errors=True)
    os.environ["LOYALTY_TEST_POSTGRES_FOLDER"] = _postgres_folder

# One profile everywhere. Left alone, Hypothesis would search ten times less where CI is set, and
# always in the same places. A slow machine is no fault of the code: no deadline, no speed check.
settings.register_profile(
    "house",
    max_examples=1_000,
    deadline=None,
    print_blob=True,
    derandomize=False,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


@pytest.hookimpl(tryfirst=True)  # before Hypothesis reads its own option
def pytest_configure(config):
    """Choose one seed for the whole run, before the workers copy the options."""
    if config.option.hypothesis_seed is None and not hasattr(config, "workerinput"):
        config.option.hypothesis_seed = str(random.SystemRandom().getrandbits(32))


def pytest_collection_finish():
    """Look for garbage among what the tests make, not again and again among all that was loaded."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter, config):
    """Print the seed, so that a search that found something can be repeated."""
    seed = config.option.hypothesis_seed
    terminalreporter.write_line(f"Hypothesis searched with --hypothesis-seed={seed}")
