"""What the server does by itself, while it answers others."""

import threading

from sqlalchemy import select

from sync.server.jobs import Jobs
from sync.server.office import reservations
from sync.server.store.tables import balances
from tests.server.shop import DAY, NOON


def test_what_no_till_can_bring_is_let_go_within_a_round(office, till):
    member = till.member()
    till.accrual(member, 49_900, forecast=499)
    till.push()
    reservations.reserve(office, member, reward=1, store=2, now=NOON)
    asked = threading.Event()

    def clock() -> int:
        asked.set()
        return NOON + 9 * DAY

    jobs = Jobs(office, clock)
    jobs.start()
    assert asked.wait(10)
    jobs.close()

    with office.database.read() as connection:
        assert connection.scalar(select(balances.c.leased)) == 0


def test_a_round_that_fails_is_told_of_and_the_next_one_comes(office, caplog):
    jobs = Jobs(office, lambda: NOON)
    with office.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE reservations RENAME TO elsewhere")
    jobs.round()
    with office.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO reservations")

    assert caplog.text.count("job vouchers failed") == 1
    jobs.round()
    assert caplog.text.count("job vouchers failed") == 1
