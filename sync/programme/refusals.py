"""Refusals: every way the programme says no, as one enum.

A refusal is an answer, not a fault: it carries a `Reason` and the facts that its sentence needs.
The words live in `loyalty_desk/ui/texts.py` and `resources/i18n`; a test fails when one language
lacks one.
"""

from enum import StrEnum, unique


@unique
class Reason(StrEnum):
    """Why something was refused. The value travels on the wire and never changes once released."""

    # Codes that were scanned or typed
    CODE_INCOMPLETE = "code_incomplete"
    CODE_CHECK_FAILED = "code_check_failed"
    CODE_VERSION_UNKNOWN = "code_version_unknown"
    CODE_OTHER_PROGRAMME = "code_other_programme"
    CODE_KEY_UNKNOWN = "code_key_unknown"
    CODE_FORGED = "code_forged"
    CODE_NOT_YET_VALID = "code_not_yet_valid"
    CODE_EXPIRED = "code_expired"
    CODE_REVOKED = "code_revoked"
    CODE_ALREADY_USED = "code_already_used"
    CODE_UNKNOWN = "code_unknown"
    CODE_IS_PIX = "code_is_pix"
    CODE_IS_PRODUCT = "code_is_product"
    IMAGE_WITHOUT_CODE = "image_without_code"
    IMAGE_UNREADABLE = "image_unreadable"
    # Members
    MEMBER_UNKNOWN = "member_unknown"
    MEMBER_NOT_HERE = "member_not_here"
    MEMBER_BLOCKED = "member_blocked"
    MEMBER_MERGED = "member_merged"
    MEMBER_ERASED = "member_erased"
    MEMBER_EXISTS = "member_exists"
    MEMBER_RENUMBERED = "member_renumbered"
    NAME_MISSING = "name_missing"
    NAME_TOO_LONG = "name_too_long"
    NAME_NOT_TEXT = "name_not_text"
    PHONE_INVALID = "phone_invalid"
    CPF_INVALID = "cpf_invalid"
    CNPJ_INVALID = "cnpj_invalid"
    BIRTHDAY_INVALID = "birthday_invalid"
    CONSENT_MISSING = "consent_missing"
    # Receipts
    RECEIPT_KEY_INVALID = "receipt_key_invalid"
    RECEIPT_CHECK_FAILED = "receipt_check_failed"
    RECEIPT_OTHER_COMPANY = "receipt_other_company"
    RECEIPT_TOO_OLD = "receipt_too_old"
    RECEIPT_IN_FUTURE = "receipt_in_future"
    RECEIPT_USED = "receipt_used"
    RECEIPT_TEST_ENVIRONMENT = "receipt_test_environment"
    RECEIPT_CANCELLED = "receipt_cancelled"
    RECEIPT_NOT_A_SALE = "receipt_not_a_sale"
    RECEIPT_MODEL_UNSUPPORTED = "receipt_model_unsupported"
    RECEIPT_MISMATCH = "receipt_mismatch"
    RECEIPT_TOO_LARGE = "receipt_too_large"
    RECEIPT_UNREADABLE = "receipt_unreadable"
    # Purchases
    AMOUNT_ZERO = "amount_zero"
    AMOUNT_NEGATIVE = "amount_negative"
    AMOUNT_ABSURD = "amount_absurd"
    AMOUNT_UNUSUAL = "amount_unusual"
    AMOUNT_NOT_A_NUMBER = "amount_not_a_number"
    NOTHING_TO_RECORD = "nothing_to_record"
    ON_HOLD_FULL = "on_hold_full"
    # Rewards and leases
    NOT_ENOUGH_POINTS = "not_enough_points"
    REWARD_UNKNOWN = "reward_unknown"
    REWARD_ENDED = "reward_ended"
    REWARD_NOT_NOW = "reward_not_now"
    REWARD_NOT_IN_THIS_STORE = "reward_not_in_this_store"
    REWARD_OUT_OF_STOCK = "reward_out_of_stock"
    REWARD_TIER_ONLY = "reward_tier_only"
    REWARD_LIMIT_REACHED = "reward_limit_reached"
    REWARD_BASKET_TOO_SMALL = "reward_basket_too_small"
    REWARD_ABOVE_BASKET_SHARE = "reward_above_basket_share"
    NEEDS_CONNECTION = "needs_connection"
    LEASE_TOO_SMALL = "lease_too_small"
    LEASE_LAPSED = "lease_lapsed"
    LEASE_UNKNOWN = "lease_unknown"
    POINTS_RECALLED = "points_recalled"
    VOUCHER_OTHER_STORE = "voucher_other_store"
    VOUCHER_USED = "voucher_used"
    VOUCHER_ENDED = "voucher_ended"
    UNITS_RECALLED = "units_recalled"
    FLOOR_LIMIT_REACHED = "floor_limit_reached"
    NEEDS_FRESH_CODE = "needs_fresh_code"
    NEEDS_LEAD = "needs_lead"
    # Undo
    UNDO_TOO_LATE = "undo_too_late"
    NOTHING_TO_UNDO = "nothing_to_undo"
    ALREADY_UNDONE = "already_undone"
    # Staff and permissions
    NOT_PERMITTED = "not_permitted"
    PIN_WRONG = "pin_wrong"
    PIN_LOCKED = "pin_locked"
    PIN_FORGOTTEN = "pin_forgotten"
    STAFF_UNKNOWN = "staff_unknown"
    STAFF_BLOCKED = "staff_blocked"
    SELF_APPROVAL = "self_approval"
    # Terminal and protocol
    TERMINAL_UNKNOWN = "terminal_unknown"
    TERMINAL_REVOKED = "terminal_revoked"
    ENROLMENT_CODE_INVALID = "enrolment_code_invalid"
    SIGNATURE_INVALID = "signature_invalid"
    CLOCK_WRONG = "clock_wrong"
    CHAIN_BROKEN = "chain_broken"
    CHAIN_GAP = "chain_gap"
    CHAIN_FORKED = "chain_forked"
    BATCH_TOO_LARGE = "batch_too_large"
    BATCH_UNREADABLE = "batch_unreadable"
    VERSION_UNSUPPORTED = "version_unsupported"
    CURSOR_INVALID = "cursor_invalid"
    EVENT_KIND_UNKNOWN = "event_kind_unknown"
    EVENT_INVALID = "event_invalid"
    RULES_UNKNOWN = "rules_unknown"
    DOCUMENT_FORGED = "document_forged"
    SERVER_FAULT = "server_fault"
    SERVER_RECOVERING = "server_recovering"
    HELLO_FIRST = "hello_first"
    NOT_FOUND = "not_found"
    # This machine
    DATABASE_NEWER = "database_newer"
    DATABASE_KEY_WRONG = "database_key_wrong"
    DATABASE_KEY_MISSING = "database_key_missing"
    DATABASE_DAMAGED = "database_damaged"
    DISK_FULL = "disk_full"
    ALREADY_RUNNING = "already_running"
    EVENTS_WAIT = "events_wait"
    VISIT_UNFINISHED = "visit_unfinished"


class Refused(Exception):
    """The programme says no. `facts` hold what the sentence names: whole numbers, plain words."""

    def __init__(self, reason: Reason, **facts: int | str) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.facts: dict[str, int | str] = facts
