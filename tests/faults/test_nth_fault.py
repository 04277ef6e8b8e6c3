"""Every operation of the disk fails, once and for good: each fault is named, nothing is lost."""

import json
import sys
import tempfile
from pathlib import Path

import pytest

from tests.faults.disk import build, in_a_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs the loader of Linux")


@pytest.mark.parametrize("how", ["once", "sticky"])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_fault_of_any_operation_is_named_and_loses_nothing(
    tmp_path: Path, error: str, how: str
) -> None:
    memory = tempfile.mkdtemp(prefix="loyalty-fault-", dir="/dev/shm")
    with in_a_process(build(tmp_path), "tests.faults.one_fault", memory, error, how) as child:
        said, _ = child.communicate(timeout=300)
    found = json.loads(said)

    assert found["faults"] == {}
    assert found["operations"] > 100
