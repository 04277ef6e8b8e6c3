"""What the promise rests on: one sync a confirmation, and nothing halved by a kill."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loyalty_desk.store.ledger import open_ledger
from sync.protocol import events
from tests.store.acts import (
    IDENTITY,
    MARINA,
    NOON,
    a_lease_id,
    a_lease_row,
    a_receipt,
    a_redemption,
    an_accrual,
)

ROOT = Path(__file__).resolve().parents[2]
KEY = bytes(range(32))
COUNTER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
static int calls;
int syncs(void) { return calls; }
int fsync(int fd) { calls++; return ((int (*)(int)) dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { calls++; return ((int (*)(int)) dlsym(RTLD_NEXT, "fdatasync"))(fd); }
"""


def a_visit(lease: bytes):
    accrual = an_accrual(receipt=a_receipt())
    return [accrual, a_redemption(lease, 10, visit=accrual.event.id)]


def open_here(folder: Path):
    ledger = open_ledger(folder / "ledger.db", KEY, KEY, random_bytes=os.urandom)
    if ledger.identity is None:
        ledger.enrolled(IDENTITY)
        ledger.leases.keep(a_lease_row(a_lease_id(), 1_000_000), now=NOON)
    return ledger


def count_syncs(folder: Path) -> None:
    """Run in a process of its own, with the counter before the C library."""
    import ctypes

    counted = ctypes.CDLL(None).syncs
    ledger = open_here(folder)
    ledger.tidy(NOON, acked=0)
    seen = []
    for number in range(300):
        if number % 100 == 99:
            ledger.tidy(NOON, acked=0)
        visit = a_visit(a_lease_id())
        before = counted()
        ledger.record(visit)
        seen.append(counted() - before)
    os.write(1, repr(sorted(set(seen))).encode())
    os._exit(0)


def record_until_killed(folder: Path) -> None:
    """Run in a process of its own: say each visit's id once it is recorded."""
    ledger = open_here(folder)
    for _ in itertools.count():
        visit = a_visit(a_lease_id())
        ledger.record(visit)
        os.write(1, visit[0].event.id.encode() + b"\n")


def in_a_process(function: str, folder: Path, **environment: str) -> subprocess.Popen:
    code = f"import tests.store.test_durability as t; t.{function}(t.Path({str(folder)!r}))"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


@pytest.mark.skipif(sys.platform != "linux", reason="counted with the loader of Linux")
def test_each_confirmation_costs_exactly_one_sync_of_the_disk(tmp_path):
    compiler = shutil.which("cc") or shutil.which("gcc")
    assert compiler, "a C compiler is needed to count syncs; the installer brings one"
    source, library = tmp_path / "count.c", tmp_path / "count.so"
    source.write_text(COUNTER)
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, timeout=60
    )

    with in_a_process("count_syncs", tmp_path, LD_PRELOAD=str(library)) as child:
        said, _ = child.communicate(timeout=60)

    assert said == b"[1]"


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a matter of POSIX")
@pytest.mark.parametrize("visits", [1, 7, 20])
def test_a_kill_leaves_whole_visits_and_all_that_were_said(tmp_path, visits):
    with in_a_process("record_until_killed", tmp_path) as child:
        said = [child.stdout.readline().strip().decode() for _ in range(visits)]
        child.send_signal(signal.SIGKILL)
        said += child.stdout.read().decode().splitlines()

    ledger = open_here(tmp_path)
    outgoing = ledger.outgoing(0, 100_000)
    decoded = [events.decode(body) for body in outgoing.bodies]
    recorded = {one.id for one in decoded}

    assert {one for one in said if len(one) == 32} <= recorded
    assert len(decoded) % 2 == 0
    for accrual, redemption in zip(decoded[::2], decoded[1::2], strict=True):
        assert redemption.visit == accrual.id
        assert ledger.receipt_at(accrual.receipt) == NOON
    assert ledger.leases.of(MARINA)[0].spent == 10 * len(decoded) // 2
    ledger.close()
