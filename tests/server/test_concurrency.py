"""Many at once: eight tills push while another one reads; nothing is skipped or counted twice."""

import threading

from tests.server.accounts import folded, stored
from tests.server.shop import MINUTE, enrolled_till

WRITERS, PUSHES = 8, 12


def test_a_reader_misses_nothing_while_eight_write(office):
    tills = [enrolled_till(office, store=1 + n % 2, seed=n) for n in range(WRITERS)]
    reader = enrolled_till(office, seed=99)
    shared = tills[0].member()
    done = threading.Event()
    copy, faults = {}, []

    def write(till) -> None:
        for _ in range(PUSHES):
            till.at += MINUTE
            joined = till.enrolment()
            till.accrual(joined.member, 1_000, visit=joined.id)
            till.accrual(shared, 100)
            faults.extend(till.push().results)

    def read() -> None:
        cursor = ""
        while True:
            last = done.is_set()
            page = reader.pull(cursor, limit=7)
            cursor = page.cursor
            copy.update({row.id: row for row in page.members})
            if last and not page.more:
                return

    writers = [threading.Thread(target=write, args=(till,)) for till in tills]
    reading = threading.Thread(target=read)
    for thread in (*writers, reading):
        thread.start()
    for thread in writers:
        thread.join(60)
    done.set()
    reading.join(60)

    assert [result for result in faults if result.status != "accepted"] == []
    now = stored(office)
    assert now == folded(office)
    assert len(now) == 1 + WRITERS * PUSHES
    account = now[shared].account
    assert account.qualifying + account.pending == WRITERS * PUSHES
    assert {member: row.points for member, row in copy.items()} == {
        member: one.account.points for member, one in now.items()
    }
