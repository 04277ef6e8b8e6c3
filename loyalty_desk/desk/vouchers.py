"""Vouchers: a reward that a member set aside in this shop, handed over without a network.

The code says everything that is needed: member, shop, reward and the points that the server keeps
for it. So it is good even for a member whom this till has never heard of.
"""

from dataclasses import dataclass, replace

from loyalty_desk.desk import identify, payment
from loyalty_desk.desk.counter import Counter, instant
from loyalty_desk.desk.identify import OpenMember
from loyalty_desk.store.effects import Effects
from sync.programme import rewards, voucher_token
from sync.programme.refusals import Reason, Refused
from sync.programme.voucher_token import VoucherToken


@dataclass(frozen=True, slots=True)
class Shown:
    """A genuine voucher that can be taken here now, and whose it is."""

    member: OpenMember
    voucher: VoucherToken


def shown(counter: Counter, digits: str) -> Shown:
    """Return the voucher in 251 digits, its member open.

    Raises Refused: CODE_… of `voucher_token.read`, VOUCHER_OTHER_STORE (fact `store`: its name),
    VOUCHER_USED (fact `at`), REWARD_UNKNOWN, MEMBER_BLOCKED and other states of the member.
    """
    moment = counter.moment()
    document = moment.document
    voucher = voucher_token.read(
        digits,
        programme=document.programme,
        keys=identify.key_list(document),
        now=instant(moment.now),
        skew=payment.CLOCKS_DIFFER,
    )
    try:
        payment.by_voucher(counter, moment, voucher)
    except Refused as refused:
        if refused.reason is not Reason.VOUCHER_OTHER_STORE:
            raise
        named = {shop.id: shop.name for shop in document.stores}
        place = named.get(voucher.store, "")
        raise Refused(Reason.VOUCHER_OTHER_STORE, store=place) from refused
    rewards.reward_numbered(document.rewards, voucher.reward)
    return Shown(member_of(counter, voucher), voucher)


def member_of(counter: Counter, voucher: VoucherToken) -> OpenMember:
    """Return the member of a voucher, known here or not. Raises Refused: MEMBER_…"""
    try:
        opened = identify.by_member(counter, voucher.member)
    except Refused as refused:
        if refused.reason is not Reason.MEMBER_UNKNOWN:
            raise
        opened = OpenMember(member=voucher.member, effects=Effects())
    return replace(opened, by_voucher=True)
