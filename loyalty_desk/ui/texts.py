"""What the desk says: every refusal as one sentence that tells what to do.

Qt-free. Sentences are message ids of the catalogue; facts of a refusal are written in the shop's
language before they are put in.
"""

from collections.abc import Callable, Mapping
from datetime import date

from sync import i18n
from sync.i18n import N_, _
from sync.programme.refusals import Reason, Refused

_SENTENCES: Mapping[Reason, str] = {
    Reason.CODE_INCOMPLETE: N_("The code was not read to its end. Scan it again."),
    Reason.CODE_CHECK_FAILED: N_("The code was read wrongly. Scan it again."),
    Reason.CODE_VERSION_UNKNOWN: N_("This code is of a newer kind. Update the desk."),
    Reason.CODE_OTHER_PROGRAMME: N_("This card belongs to another programme."),
    Reason.CODE_KEY_UNKNOWN: N_("This desk does not know who issued this card. Search by phone."),
    Reason.CODE_FORGED: N_("This code is not valid. Search by phone and ask for proof."),
    Reason.CODE_NOT_YET_VALID: N_("This code is not valid yet. Check this till's clock."),
    Reason.CODE_EXPIRED: N_("Code expired. Ask to refresh the screen."),
    Reason.CODE_REVOKED: N_("This card was replaced. Search by phone or name."),
    Reason.CODE_ALREADY_USED: N_("This code was used already. Ask to refresh the screen."),
    Reason.CODE_UNKNOWN: N_("We do not know this code. Type ID, phone or name."),
    Reason.CODE_IS_PIX: N_("This is a Pix code. Scan the member's QR or the receipt."),
    Reason.CODE_IS_PRODUCT: N_("This is a product's code. Scan the member's QR or the receipt."),
    Reason.IMAGE_WITHOUT_CODE: N_("No code was found in the picture. Hold it still and closer."),
    Reason.IMAGE_UNREADABLE: N_("This file is no picture that can be read."),
    Reason.MEMBER_UNKNOWN: N_("We did not find this member. Enrol with F3."),
    Reason.MEMBER_NOT_HERE: N_(
        "Valid card, but not in this desk's copy. Points can be added; the balance comes later."
    ),
    Reason.MEMBER_BLOCKED: N_("Account blocked. Call the manager."),
    Reason.MEMBER_MERGED: N_("Old card: open the current account by phone or name."),
    Reason.MEMBER_ERASED: N_("This account was deleted at the member's request."),
    Reason.MEMBER_EXISTS: N_("Belongs to {name} already. Enter opens it."),
    Reason.MEMBER_RENUMBERED: N_("This member got another number. Points and card are theirs."),
    Reason.NAME_MISSING: N_("Type the name."),
    Reason.NAME_TOO_LONG: N_("The name may have up to {limit} letters."),
    Reason.NAME_NOT_TEXT: N_("The name has signs that no name has. Type it again."),
    Reason.PHONE_INVALID: N_("Type the phone with area code: (11) 98888-7777."),
    Reason.CPF_INVALID: N_("This CPF is not valid. Check the digits."),
    Reason.CNPJ_INVALID: N_("This CNPJ is not valid. Check the characters."),
    Reason.BIRTHDAY_INVALID: N_("Type day and month, as in 25/11."),
    Reason.CONSENT_MISSING: N_("Without accepting “{purpose}” nobody can join."),
    Reason.RECEIPT_KEY_INVALID: N_("This is no fiscal receipt. Scan the receipt's QR."),
    Reason.RECEIPT_CHECK_FAILED: N_("The receipt's key has a wrong digit. Scan or type it again."),
    Reason.RECEIPT_OTHER_COMPANY: N_("This receipt is from another company."),
    Reason.RECEIPT_TOO_OLD: N_("This receipt is over the limit of {limit_days} days."),
    Reason.RECEIPT_IN_FUTURE: N_("This receipt has a date to come. Check this till's clock."),
    Reason.RECEIPT_USED: N_("This receipt earned points already."),
    Reason.RECEIPT_TEST_ENVIRONMENT: N_(
        "This receipt is a test of the tax office and has no value."
    ),
    Reason.RECEIPT_CANCELLED: N_("This receipt was cancelled."),
    Reason.RECEIPT_NOT_A_SALE: N_("This document is not a sale."),
    Reason.RECEIPT_MODEL_UNSUPPORTED: N_("This kind of receipt earns no points."),
    Reason.RECEIPT_MISMATCH: N_("The receipt contradicts itself. Keep it and call the manager."),
    Reason.RECEIPT_TOO_LARGE: N_("This file is too large for a receipt."),
    Reason.RECEIPT_UNREADABLE: N_("This file is no receipt that can be read."),
    Reason.AMOUNT_ZERO: N_("Type the amount paid."),
    Reason.AMOUNT_NEGATIVE: N_("An amount cannot be negative."),
    Reason.AMOUNT_ABSURD: N_("{centavos} is above what one visit may have. Check the amount."),
    Reason.AMOUNT_UNUSUAL: N_("Is {centavos} right? F10 confirms."),
    Reason.AMOUNT_NOT_A_NUMBER: N_("Type the amount, up to 8 digits."),
    Reason.NOTHING_TO_RECORD: N_("Type an amount or choose a reward."),
    Reason.ON_HOLD_FULL: N_("{limit} visits are on hold. Finish one first."),
    Reason.NOT_ENOUGH_POINTS: N_("{missing} points to go."),
    Reason.REWARD_UNKNOWN: N_("This reward does not exist."),
    Reason.REWARD_ENDED: N_("This reward has ended."),
    Reason.REWARD_NOT_NOW: N_("This reward is not on offer right now."),
    Reason.REWARD_NOT_IN_THIS_STORE: N_("This reward is not given in this store."),
    Reason.REWARD_OUT_OF_STOCK: N_("Out of stock."),
    Reason.REWARD_TIER_ONLY: N_("Only from {tier} on."),
    Reason.REWARD_LIMIT_REACHED: N_("The member has had it as often as allowed."),
    Reason.REWARD_BASKET_TOO_SMALL: N_("Needs a purchase of {centavos} or more."),
    Reason.REWARD_ABOVE_BASKET_SHARE: N_("May take off at most {percent}% of the purchase."),
    Reason.NEEDS_CONNECTION: N_("Needs connection: up to {usable} points can be used here."),
    Reason.LEASE_TOO_SMALL: N_("Up to {left} points can be used here without connection."),
    Reason.LEASE_LAPSED: N_("The time for redeeming offline is over. It works again when online."),
    Reason.LEASE_UNKNOWN: N_("These points are not lent to this desk."),
    Reason.POINTS_RECALLED: N_("{till} held these points and is giving them back. Try again."),
    Reason.VOUCHER_OTHER_STORE: N_("This reward is set aside in {store}."),
    Reason.VOUCHER_USED: N_("This reward was handed over here already."),
    Reason.VOUCHER_ENDED: N_("This pending voucher was good until {day}."),
    Reason.UNITS_RECALLED: N_("{till} held the last ones and is giving them back. Try again."),
    Reason.FLOOR_LIMIT_REACHED: N_(
        "Without connection only a reward of up to {left} points can be given here."
    ),
    Reason.NEEDS_FRESH_CODE: N_("Ask for the code on the member's phone, or type the whole CPF."),
    Reason.NEEDS_LEAD: N_("Above {limit} points a lead must approve."),
    Reason.UNDO_TOO_LATE: N_("The time to undo is over. A lead can reverse it with a reason."),
    Reason.NOTHING_TO_UNDO: N_("There is nothing to undo."),
    Reason.ALREADY_UNDONE: N_("This visit was undone already."),
    Reason.NOT_PERMITTED: N_("Your role may not do this. Call a lead."),
    Reason.PIN_WRONG: N_("Wrong PIN. {left} tries left."),
    Reason.PIN_LOCKED: N_("Too many wrong PINs. Wait {seconds} s or scan your badge."),
    Reason.PIN_FORGOTTEN: N_("Scan your badge, or ask the manager for a new PIN."),
    Reason.STAFF_UNKNOWN: N_("We do not know this person here."),
    Reason.STAFF_BLOCKED: N_("This access was withdrawn. Call the manager."),
    Reason.SELF_APPROVAL: N_("Who asks cannot approve."),
    Reason.TERMINAL_UNKNOWN: N_("The server does not know this till. Enrol it again."),
    Reason.TERMINAL_REVOKED: N_("This till was blocked. The records are safe. Call support."),
    Reason.ENROLMENT_CODE_INVALID: N_("This activation code is wrong or over. Ask for a new one."),
    Reason.SIGNATURE_INVALID: N_("The server did not recognise this till. Call support."),
    Reason.CLOCK_WRONG: N_("This till's clock is off by {minutes} min."),
    Reason.CHAIN_BROKEN: N_("The records of this till do not match. They are safe. Call support."),
    Reason.CHAIN_GAP: N_("Records are missing at the server. They are being sent again."),
    Reason.CHAIN_FORKED: N_(
        "This till was copied or put back. The records are safe. Call support."
    ),
    Reason.BATCH_TOO_LARGE: N_("Too much was sent at once. It is being sent in parts."),
    Reason.BATCH_UNREADABLE: N_("What was sent could not be read. It is being sent again."),
    Reason.VERSION_UNSUPPORTED: N_("This desk is too old for the server. Update it."),
    Reason.CURSOR_INVALID: N_("The copy of members is being made anew."),
    Reason.EVENT_KIND_UNKNOWN: N_("The server does not know this kind of record yet. It is kept."),
    Reason.EVENT_INVALID: N_("The server could not read this record. It is kept for support."),
    Reason.RULES_UNKNOWN: N_("The programme's rules have not arrived yet. Connect this till once."),
    Reason.DOCUMENT_FORGED: N_("The programme's rules came altered and were not taken."),
    Reason.SERVER_FAULT: N_("The server did not answer. Keep serving."),
    Reason.SERVER_RECOVERING: N_(
        "The server is putting its records together. Points count; rewards wait a moment."
    ),
    Reason.HELLO_FIRST: N_("The server was started a moment ago. Try again."),
    Reason.NOT_FOUND: N_("The server does not have this."),
    Reason.DATABASE_NEWER: N_(
        "The records on this machine are of a newer version. Update the desk."
    ),
    Reason.DATABASE_KEY_WRONG: N_(
        "The key does not open the records of this machine. Call support."
    ),
    Reason.DATABASE_KEY_MISSING: N_(
        "The key to the records of this machine is gone. Call support."
    ),
    Reason.DATABASE_DAMAGED: N_("The records on this machine are damaged. Call support."),
    Reason.DISK_FULL: N_("The disk is full. Free some space; nothing recorded was lost."),
    Reason.ALREADY_RUNNING: N_("Loyalty Desk is open already."),
    Reason.EVENTS_WAIT: N_(
        "{events} records of this till have not been sent. Connect it first, or they are lost."
    ),
    Reason.VISIT_UNFINISHED: N_("A visit is open or on hold and would be lost. Finish it first."),
}

_MONEY = frozenset({"centavos"})
UNTIL_A_MANAGER = -1  # as many seconds as a lock that only a manager ends


def refusal_text(refused: Refused) -> str:
    """Return the sentence for a refusal, its facts written in the language in use.

    A fact that the sentence names and the refusal lacks shows as a dash, never as a fault.
    """
    reason = refused.reason
    if reason is Reason.PIN_LOCKED and refused.facts.get("seconds") == UNTIL_A_MANAGER:
        reason = Reason.PIN_FORGOTTEN
    facts = {name: _written(name, fact) for name, fact in refused.facts.items()}
    return _(_SENTENCES[reason]).format_map(_Facts(facts))


def reason_text(reason: Reason) -> str:
    """Return the sentence for a reason without facts."""
    return refusal_text(Refused(reason))


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "–"


def _written(name: str, fact: int | str) -> str:
    if isinstance(fact, str):
        return i18n.day(date.fromisoformat(fact)) if name == "day" else fact
    write: Callable[[int], str] = i18n.money if name in _MONEY else i18n.number
    return write(fact)
