"""Every message between a terminal and the server, as one value each.

Messages are JSON through msgspec; fields are only ever added. Rows that travel by the thousand are
arrays. Ids of events, leases and cards are lower-case hex, members and hashes whole numbers, times
milliseconds UTC.
"""

from typing import Literal, TypeAlias

import msgspec

PREFIX = "/v1/device"
PROBLEM = "application/problem+json"

EventStatus: TypeAlias = Literal["accepted", "duplicate", "accepted_as_loss", "needs_review"]


class _Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class EnrolRequest(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """A terminal introduces itself with a one-time code and its public key (hex)."""

    code: str
    public_key: str
    name: str
    protocol: int
    oldest: int = 0


class EnrolAnswer(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """What a terminal is from now on. Keys in hex; `identifier_key` hashes CPF and phone."""

    terminal: int
    incarnation: int
    issuer: int
    store: int
    name: str
    server_key: str
    identifier_key: str
    epoch: int
    now: int


class Reincarnate(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """A terminal that cannot vouch for its journal asks for its next life, with the key it has.

    Signed in the name of the life it leaves (`signing.INCARNATION`), whose chain ends on its disk
    at `last_seq` with `head`. The next life's sequences go on behind `last_seq`, so that a terminal
    never gives one twice; its chain begins anew (`chain.first_hash`). `id` is made once per
    intention: a repeat after a lost answer is the same life. `why`: the disk went back, the data
    were copied to another machine, the server has another journal of this life, or nothing on this
    machine says which start this is.
    """

    protocol: int
    id: str
    last_seq: int
    head: str
    why: Literal["rolled_back", "copied", "forked", "unknown"]


class ReincarnateAnswer(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """The life that begins now behind the `last_seq` of its request, with nothing lent to it.

    The life before it is still heard in its own name, for what it has not pushed: a batch that
    contradicts the server's copy is recorded beside it and answered CHAIN_FORKED with the fact
    `until`, the batch's last sequence; the next batch of the same branch begins behind that.
    """

    incarnation: int
    issuer: int
    epoch: int
    now: int


class LeaseRow(msgspec.Struct, frozen=True, array_like=True):
    """A lease of this terminal as the server knows it; the terminal's own `spent` may be ahead.

    `signature` proves to a server that was restored from a copy what it had lent in `epoch`
    (`signing.grant_part`). A lease that is `recalled` is wanted elsewhere: the terminal gives it
    back with its next round. One with a `reward` lends units of it, which the shop counts, and is
    of no member.
    """

    id: str
    member: int
    amount: int
    spent: int
    stops_at: int
    granted_at: int = 0
    epoch: int = 0
    signature: str = ""
    recalled: bool = False
    reward: int = 0


class Acknowledgement(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """The last acknowledgement that a terminal holds, as the server signed it."""

    epoch: int
    last_seq: int
    head: str
    signature: str


class Hello(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """First word of each connection: where the terminal's journal ends, and what it can prove.

    `acked` is the last acknowledgement, `leases` are all that the terminal holds, as granted: a
    server that cannot match its own signatures knows by them that it was restored from a copy.
    `protocol` and `oldest` are the newest and the oldest version spoken (`sync.protocol.version`).
    When it is `hasty`, somebody waits for what is asked next: nothing is lent beforehand.
    """

    protocol: int
    app: str
    epoch: int
    last_seq: int
    head: str
    acked: Acknowledgement | None = None
    leases: tuple[LeaseRow, ...] | None = None
    oldest: int = 0
    hasty: bool = False


class HelloAnswer(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """Where the server's copy of the journal ends: the terminal pushes from `last_seq` + 1.

    While the server is `recovering` from a copy it lends nothing, and each round begins with a
    hello. A life that is `quarantined` was written by two machines: it pushes what it has, borrows
    nothing, and goes on in its next life.
    """

    protocol: int
    now: int
    epoch: int
    last_seq: int
    head: str
    recovering: bool = False
    quarantined: bool = False


class Result(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one event. Events that are not listed in an answer were accepted."""

    seq: int
    status: EventStatus
    code: str = ""
    facts: dict[str, int | str] = {}


class PushAnswer(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """The acknowledgement up to `last_seq`, signed, with the results that need a word."""

    epoch: int
    last_seq: int
    head: str
    signature: str
    now: int
    results: tuple[Result, ...] = ()


class Sealed(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """The personal data of one enrolment, beside its event. `salt` in hex."""

    event: str
    salt: str
    payload: str


class ConsentGiven(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """A consent: which purpose, which version of its words."""

    purpose: str
    version: int


class Person(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """The payload of an enrolment: who the new member is. Digits only in phone and CPF."""

    name: str
    phone: str
    cpf: str = ""
    birthday: str = ""
    consents: tuple[ConsentGiven, ...] = ()
    email: str = ""


class MemberRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A member as a terminal may know them: no CPF, no full phone.

    `since` and `last_visit` are ms UTC (0 = unknown).
    `cpf_hash` and `phone_hash` are 63-bit keyed hashes (0 = none), `phone_tail` area code and last
    four digits, `cpf_mid` the digits 7 to 9. `day` is the local day that the counters `earned`,
    `visits` and `bonus` belong to, `week` the one of `week_visits`. `taken` lists (reward, day or
    year, count); `pickups` (reward, place).

    Nothing in it can point back to it, so the collector of cycles need not look: there are many.
    """

    id: int
    version: int
    name: str
    status: int
    since: int
    tier: str
    points: int
    leased: int
    pending: int
    debt: int
    qualifying: int
    lapse_day: str
    lapse_points: int
    cpf_hash: int
    phone_hash: int
    phone_tail: str
    cpf_mid: str
    birthday: str
    cards: tuple[str, ...]
    last_visit: int
    day: str = ""
    earned: int = 0
    visits: int = 0
    bonus: tuple[tuple[str, int], ...] = ()
    week: str = ""
    week_visits: int = 0
    taken: tuple[tuple[int, str, int], ...] = ()
    pickups: tuple[tuple[int, str], ...] = ()


class StaffRow(msgspec.Struct, frozen=True, array_like=True):
    """A person who may sign in here. `verifier` is argon2id(PIN, salt), `badge` a card id."""

    id: int
    name: str
    role: str
    salt: str
    verifier: str
    badge: str
    status: int
    shift: str


class StockRow(msgspec.Struct, frozen=True, array_like=True):
    """What the store has left of a counted reward."""

    reward: int
    left: int


class DocumentRow(msgspec.Struct, frozen=True, array_like=True):
    """A published programme document: canonical JSON, the configuration key's signature (hex)."""

    body: str
    signature: str


class Tally(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """What a whole copy of a scope's members comes to (`sync.protocol.tally`)."""

    members: int
    sum: int


class PullAnswer(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """What changed since a cursor, and the acknowledgement that belongs to it, in one snapshot.

    `sales` are the day's sales of this terminal that the till reported, member or not (−1 unknown);
    `pickups` are the rewards ready to be collected in this store (−1: unchanged). `tally` comes
    with the last page when it was asked for. `head` is the number that the stream of news gives at
    the moment of this page. `lent` tells that `leases` are all that there are, also when none are.
    """

    cursor: str
    more: bool
    epoch: int
    acked_seq: int
    now: int
    members: tuple[MemberRow, ...] = ()
    gone: tuple[int, ...] = ()
    staff: tuple[StaffRow, ...] = ()
    stock: tuple[StockRow, ...] = ()
    leases: tuple[LeaseRow, ...] = ()
    documents: tuple[DocumentRow, ...] = ()
    results: tuple[Result, ...] = ()
    sales: int = -1
    pickups: int = -1
    tally: Tally | None = None
    head: int = -1
    lent: bool = False


class ChunkRef(msgspec.Struct, frozen=True, array_like=True):
    """A part of a first copy (`sync.protocol.columns`): SHA-256 (hex) and bytes as it travels, and
    how many members it holds.
    """

    sha256: str
    size: int
    members: int


class Manifest(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """A first copy of a scope's members in parts, who visited last first.

    Its rows are at least as new as `cursor`: who takes them goes on pulling from there.
    """

    epoch: int
    scope: str
    cursor: str
    made_at: int
    members: int
    chunks: tuple[ChunkRef, ...]


class Snapshot(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """A manifest as JSON with the configuration key's signature; "" where there is none (yet)."""

    manifest: str = ""
    signature: str = ""


class LeaseRequest(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """Lend exactly `points` of a member to this terminal. `id` makes a repeat the same lease.

    `closes` are leases of the same member that this terminal gives back in the same step; their
    events are all at or before `last_seq`. With a `reward`, `member` is 0 and `points` are units of
    it.
    """

    id: str
    member: int
    points: int
    closes: tuple[str, ...] = ()
    last_seq: int = 0
    reward: int = 0


class LeaseClosing(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """Leases that the terminal gives back; their events are all at or before `last_seq`."""

    leases: tuple[str, ...]
    last_seq: int


class LeasesHeld(msgspec.Struct, frozen=True):
    """The answer to a closing: every lease that the terminal still holds."""

    leases: tuple[LeaseRow, ...] = ()


class MemberQuery(msgspec.Struct, frozen=True, kw_only=True):
    """By what a member is asked for: one of these. `card` in hex, CPF and phone in digits."""

    member: int = 0
    card: str = ""
    cpf: str = ""
    phone: str = ""


class MemberCard(msgspec.Struct, frozen=True, kw_only=True):
    """A member's card: its id in hex, and the digits that its QR code shows."""

    member: int
    card: str
    token: str


class Problem(_Message, frozen=True, kw_only=True, omit_defaults=True):
    """An error answer in the form of RFC 9457, with the refusal's code and facts."""

    type: str = "about:blank"
    title: str = ""
    status: int = 500
    code: str = ""
    facts: dict[str, int | str] = {}
