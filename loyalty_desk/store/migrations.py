"""Migrations: every step from an empty file to the tables of today.

Steps are added at the end and never edited once released. A step and its number are committed
together (`database.migrate`), so a step that fails leaves the file as it was.
"""

from loyalty_desk.store.database import Connection, Step


def create_ledger(connection: Connection) -> None:
    """Make what is needed to act, or impossible to fetch again.

    An act touches the right edge of `journal` and, mostly, nothing else: few pages to encrypt and
    sync. What it claims goes into the other tables in an idle moment.
    """
    for statement in _LEDGER:
        connection.execute(statement)


def create_cache(connection: Connection) -> None:
    """Make the projection of members: rows as they were pulled, and the ways to find them.

    `members.n` is the order of arrival, so the most recent come last and nothing is sorted.
    """
    for statement in _CACHE:
        connection.execute(statement)
    for statement in INDEXES:
        connection.execute(statement)


def add_lives(connection: Connection) -> None:
    """Remember the lives that this terminal has left, until the server has all of each.

    `left_by` is the request that ended a life, in case a restored server has to be asked again.
    """
    connection.execute(
        """CREATE TABLE lives (
            incarnation INTEGER PRIMARY KEY, identity BLOB NOT NULL, begins INTEGER NOT NULL,
            ends INTEGER NOT NULL, delivered INTEGER NOT NULL, given_up TEXT NOT NULL,
            left_by BLOB NOT NULL)"""
    )


def add_proofs(connection: Connection) -> None:
    """Keep what the server signed: the last acknowledgement (id ""), and each lease."""
    connection.execute("CREATE TABLE proofs (id BLOB PRIMARY KEY, proof BLOB NOT NULL)")


def put_rows_apart(connection: Connection) -> None:
    """Keep a member's row in a table of its own, beside what the member is found by.

    An index is made from the whole table, and each of its pages is deciphered for it: the rows are
    most of them.
    """
    connection.execute(
        """CREATE TABLE rows (
            n INTEGER PRIMARY KEY, round INTEGER NOT NULL, row BLOB NOT NULL)"""
    )
    connection.execute("INSERT INTO rows (n, round, row) SELECT n, round, row FROM members")
    for column in ("row", "round"):
        connection.execute(f"ALTER TABLE members DROP COLUMN {column}")


def add_uncovered(connection: Connection) -> None:
    """Remember which vouchers were taken, and what was handed over without anything behind it."""
    connection.execute(
        """CREATE TABLE vouchers (
            id BLOB PRIMARY KEY, at INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID"""
    )
    connection.execute("CREATE TABLE floor_uses (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL)")


def add_units(connection: Connection) -> None:
    """Let a lease be of units of a counted reward instead of a member's points."""
    connection.execute("ALTER TABLE leases ADD COLUMN reward INTEGER NOT NULL DEFAULT 0")


_LEDGER = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    # `visit` is NULL on a visit's first event, which lends the visit its id.
    """CREATE TABLE journal (
        seq INTEGER PRIMARY KEY, event BLOB NOT NULL, visit BLOB, member INTEGER NOT NULL,
        at INTEGER NOT NULL, waits INTEGER NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL,
        explain BLOB NOT NULL)""",
    """CREATE TABLE sealed (
        seq INTEGER PRIMARY KEY, event BLOB NOT NULL, salt BLOB NOT NULL, payload BLOB NOT NULL)""",
    """CREATE TABLE receipts (
        key TEXT PRIMARY KEY, at INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE TABLE voids (visit BLOB PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE leases (
        id BLOB PRIMARY KEY, member INTEGER NOT NULL, amount INTEGER NOT NULL,
        spent INTEGER NOT NULL, stops_at INTEGER NOT NULL, closing INTEGER NOT NULL DEFAULT 0,
        kept_at INTEGER NOT NULL, CONSTRAINT lease_covers CHECK (0 <= spent AND spent <= amount)
        ) WITHOUT ROWID""",
    "CREATE INDEX leases_member ON leases (member)",
    """CREATE TABLE staff (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, salt BLOB NOT NULL,
        verifier BLOB NOT NULL, badge TEXT NOT NULL, status INTEGER NOT NULL, shift TEXT NOT NULL,
        wrong INTEGER NOT NULL DEFAULT 0, locked_until INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE documents (
        hash BLOB PRIMARY KEY, valid_from INTEGER NOT NULL, version INTEGER NOT NULL,
        body BLOB NOT NULL, signature BLOB NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE parked (
        id TEXT PRIMARY KEY, at INTEGER NOT NULL, staff INTEGER NOT NULL, member INTEGER NOT NULL,
        body BLOB NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE attention (
        seq INTEGER PRIMARY KEY, status TEXT NOT NULL, code TEXT NOT NULL, facts BLOB NOT NULL,
        dismissed INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE shifts (
        staff INTEGER PRIMARY KEY, since INTEGER NOT NULL, from_seq INTEGER NOT NULL)""",
)

_CACHE = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    # `row` is the pulled row as MessagePack: fields may be added to it without a step here.
    """CREATE TABLE members (
        n INTEGER PRIMARY KEY, id INTEGER NOT NULL, cpf_hash INTEGER NOT NULL,
        phone_hash INTEGER NOT NULL, round INTEGER NOT NULL, row BLOB NOT NULL)""",
    "CREATE TABLE cards (card BLOB NOT NULL, member INTEGER NOT NULL)",
    # Rows that came on an early page of a pull and wait for its last one.
    "CREATE TABLE held (member INTEGER PRIMARY KEY, row BLOB)",
    "CREATE TABLE stock (reward INTEGER PRIMARY KEY, left_over INTEGER NOT NULL)",
    # Names are only indexed, not kept: erasing a member leaves no shadow copy. A prefix that has no
    # index of its own is merged from every word it begins, a hundred times slower.
    """CREATE VIRTUAL TABLE names USING fts5(
        name, content='', contentless_delete=1, prefix='2 3 4 5', detail=none)""",
)

# Apart, because a bulk fill is several times faster without them.
INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS members_id ON members (id)",
    "CREATE INDEX IF NOT EXISTS members_cpf ON members (cpf_hash) WHERE cpf_hash <> 0",
    "CREATE INDEX IF NOT EXISTS members_phone ON members (phone_hash) WHERE phone_hash <> 0",
    "CREATE UNIQUE INDEX IF NOT EXISTS cards_card ON cards (card)",
)

# While a first copy is put in (`first_copy`), its first rows and those above the line are indexed.
LINE = 1 << 32
FIRST_ROWS = 20_000
NEAR = f"(n <= {FIRST_ROWS} OR n > {LINE})"
NEAR_CARD = f"(rowid <= {FIRST_ROWS} OR rowid > {LINE})"
SEED_INDEXES = (
    f"CREATE UNIQUE INDEX IF NOT EXISTS seeds_id ON members (id) WHERE {NEAR}",
    f"CREATE INDEX IF NOT EXISTS seeds_cpf ON members (cpf_hash) WHERE cpf_hash <> 0 AND {NEAR}",
    "CREATE INDEX IF NOT EXISTS seeds_phone ON members (phone_hash)"
    f" WHERE phone_hash <> 0 AND {NEAR}",
    f"CREATE UNIQUE INDEX IF NOT EXISTS seeds_card ON cards (card) WHERE {NEAR_CARD}",
)

LEDGER_STEPS: tuple[Step, ...] = (create_ledger, add_lives, add_uncovered, add_units)
CACHE_STEPS: tuple[Step, ...] = (create_cache, add_proofs, put_rows_apart)
