"""Pending voucher: a reward that cannot be handed over now, put on paper to be asked for again.

No points are taken and nothing is recorded. Brought back, the paper opens its member with that
reward chosen; who they are and what they have is checked as for anybody.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from loyalty_desk.desk import identify
from loyalty_desk.desk.counter import Counter
from loyalty_desk.desk.identify import OpenMember
from loyalty_desk.devices.paper_slip import SlipFace, slip_pdf, slip_png
from loyalty_desk.store import whole_file
from sync.paths import resources
from sync.programme import rewards, tiers
from sync.programme.members import first_name
from sync.programme.pending_voucher import PendingVoucher
from sync.programme.refusals import Reason, Refused

GOOD_FOR_DAYS = 30
_UNCOVERED = (
    Reason.NEEDS_CONNECTION,
    Reason.LEASE_TOO_SMALL,
    Reason.LEASE_LAPSED,
    Reason.FLOOR_LIMIT_REACHED,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A member, as after a search, and the reward on their paper."""

    member: OpenMember
    reward: int


@dataclass(frozen=True, slots=True)
class Promise:
    """What a pending voucher says, in facts: the screens' room makes the words.

    `is_offline`: there was no line when it was made.
    """

    voucher: PendingVoucher
    club: str
    shop: str
    till: str
    at: datetime
    reward: str
    cost: int
    member: str
    tier: str
    is_offline: bool


@dataclass(frozen=True, slots=True)
class SlipFiles:
    """Where a slip was written: a picture as wide as the printer's head, and a page of the roll."""

    png: Path
    pdf: Path


def may_promise(problem: Refused | None) -> bool:
    """Say whether a reward was refused because nothing is set aside for it here, and only so."""
    return problem is not None and problem.reason in _UNCOVERED


def promise(counter: Counter, member: OpenMember, reward: int) -> Promise:
    """Return what stands on the paper for a reward. Raises Refused: REWARD_UNKNOWN."""
    moment = counter.moment()
    document, row = moment.document, member.row
    wanted = rewards.reward_numbered(document.rewards, reward)
    tier = tiers.tier_named(document.tiers, row.tier if row is not None else "")
    until = moment.at.date() + timedelta(days=GOOD_FOR_DAYS)
    return Promise(
        voucher=PendingVoucher(document.programme, member.member, reward, until),
        club=document.name,
        shop=moment.shop.name,
        till=counter.identity().name,
        at=moment.at,
        reward=wanted.name,
        cost=wanted.cost,
        member=first_name(row.name) if row is not None else "",
        tier=tier.name if tier is not None else "",
        is_offline=not counter.connected,
    )


def write(face: SlipFace, stem: str, folder: Path) -> SlipFiles:
    """Write a slip into `folder`. Raises Refused(DISK_FULL); OSError without its fonts."""
    fonts = resources() / "fonts"
    files = SlipFiles(folder / f"{stem}.png", folder / f"{stem}.pdf")
    whole_file.put(files.png, slip_png(face, fonts))
    whole_file.put(files.pdf, slip_pdf(face, fonts))
    return files


def shown(counter: Counter, voucher: PendingVoucher) -> Wanted:
    """Return whose paper it is and which reward.

    Raises Refused: CODE_OTHER_PROGRAMME, VOUCHER_ENDED (fact `day`), REWARD_UNKNOWN, MEMBER_UNKNOWN
    and other states of the member.
    """
    moment = counter.moment()
    if voucher.programme != moment.document.programme:
        raise Refused(Reason.CODE_OTHER_PROGRAMME)
    if voucher.until < date.fromisoformat(moment.today):
        raise Refused(Reason.VOUCHER_ENDED, day=voucher.until.isoformat())
    rewards.reward_numbered(moment.document.rewards, voucher.reward)
    return Wanted(identify.by_member(counter, voucher.member), voucher.reward)
