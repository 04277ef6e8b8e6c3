"""What stands on a pending voucher: a promise to look again, in words. Qt-free."""

from loyalty_desk.desk.pending_voucher import Promise
from loyalty_desk.devices.paper_slip import SlipFace
from sync import i18n
from sync.i18n import _, ngettext
from sync.programme import pending_voucher


def way_out() -> str:
    """Return what helps with a refused reward that may be promised on paper."""
    return _("F9: pending voucher")


def pending_slip(promised: Promise) -> SlipFace:
    """Return the paper for a reward that could not be handed over."""
    at, price = promised.at, ngettext("{n} point", "{n} points", promised.cost)
    until = _("Good until {day} in {shop}")
    offline, online = _("This till has no connection now."), _("It cannot be handed over now.")
    return SlipFace(
        club=promised.club,
        place=(
            f"{promised.shop} · {promised.till}",
            f"{i18n.day(at)} {i18n.clock(at)}",
        ),
        title=_("Pending voucher"),
        promised=promised.reward,
        price=price.format(n=i18n.number(promised.cost)),
        left=promised.member,
        right=promised.tier,
        paragraphs=(
            (offline if promised.is_offline else online, False),
            (_("No points were taken."), True),
            (
                _("With a connection the shop checks your points and hands over the reward."),
                False,
            ),
        ),
        code=pending_voucher.code_of(promised.voucher),
        validity=until.format(day=i18n.day(promised.voucher.until), shop=promised.shop),
        foot=(_("Keep this paper and bring it along."),),
    )
