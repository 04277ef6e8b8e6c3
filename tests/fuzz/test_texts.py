"""What a camera, a reader or a hand can bring in: a refusal by name at worst, never a forgery."""

import random
from datetime import timedelta

import pytest

from sync.programme.access_key import find_access_key, parse_access_key
from sync.programme.cpf import parse_cpf
from sync.programme.member_token import LAYOUT, read, sign
from sync.programme.receipt_qr import read_receipt_code
from sync.programme.refusals import Refused
from sync.programme.scan_router import route
from sync.programme.voucher_code import parse_voucher_code
from sync.programme.wedge import Key, Scanned, Typed, WedgeReader
from tests.fuzz.mutations import COUNT, SEED, texts
from tests.programme.receipt_builder import make_key, make_sat_key
from tests.programme.test_member_token import CARD, ENTRY, ISSUED, KEY, PHONE
from tests.programme.wedge_bursts import TOKENS

RECEIPTS = [
    f"https://www.nfce.fazenda.sp.gov.br/qrcode?p={make_key()}|2|1|1|3F2504E04F8911D39A0C0305E82C3301",
    f"https://www.nfce.fazenda.sp.gov.br/qrcode?p={make_key()}|3|1",
    f"https://www.nfce.fazenda.sp.gov.br/qrcode?p={make_key()}|2|1|25|86.40|546573746573|1|AB12",
    f"https://www.nfce.fazenda.sp.gov.br/qrcode?chNFe={make_key()}&nVersao=100&tpAmb=1&vNF=86.40",
    f"{make_sat_key()}|20251014154423|18.50||{'A' * 340}",
    make_key(),
]
OTHERS = [
    "00020126360014BR.GOV.BCB.PIX0114+55119999900005204000053039865802BR5901A6009SAO PAULO6304ABCD",
    "7891000315507",
    "529.982.247-25",
    "ABCD-EFGH-JKLM",
    "LD!F10",
    "maria souza",
]
PARTS = [0, 1]
SHARE = COUNT // len(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_no_broken_text_surprises_the_router(part: int) -> None:
    for text in texts([*RECEIPTS, *OTHERS, *TOKENS], part=part, count=SHARE):
        route(text)


@pytest.mark.parametrize("part", PARTS)
def test_no_broken_token_is_taken_for_a_member(part: int) -> None:
    """Neither a text that was changed, nor bytes that were changed and given good check digits."""
    good = [sign(CARD, KEY), sign(PHONE, KEY)]
    chance = random.Random(f"{SEED}/token/{part}")
    for text in texts(good, part=10 + part, count=SHARE // 2):
        assert _refused(text) or text.strip()[-202:] in good, text
    for _ in range(SHARE // 2):
        signed = bytearray(LAYOUT.from_digits(chance.choice(good)))
        signed[chance.randrange(len(signed))] ^= 1 << chance.randrange(8)
        digits = LAYOUT.to_digits(bytes(signed))
        assert _refused(digits), digits


@pytest.mark.parametrize("part", PARTS)
def test_no_broken_receipt_code_surprises_its_reader(part: int) -> None:
    for text in texts(RECEIPTS, part=20 + part, count=SHARE):
        try:
            read_receipt_code(text)
        except Refused:
            continue


def test_no_broken_number_surprises_its_reader() -> None:
    for text in texts([make_key(), make_sat_key(), *OTHERS], part=30):
        find_access_key(text)
        for parse in (parse_access_key, parse_cpf, parse_voucher_code):
            try:
                parse(text)
            except Refused:
                continue


def test_no_burst_of_keys_is_lost_or_invented() -> None:
    """Every character typed comes out once, in order, as a scan or as typing, whatever the pace."""
    chance = random.Random(f"{SEED}/keys")
    left = COUNT
    while left > 0:
        text = next(texts([*RECEIPTS, *OTHERS], part=chance.randrange(1 << 30), count=1))
        prefix = chance.choice(("", "F9"))
        burst = _burst(text, prefix, chance)
        left -= len(burst)
        reader = WedgeReader(prefix)
        decided = [one for key in burst for one in reader.press(key)] + list(reader.expire())
        came = "".join(one.text for one in decided if isinstance(one, Scanned | Typed))
        typed = "".join(key.text for key in burst if _is_character(key.text, prefix))
        assert came == typed, (SEED, burst)


def _burst(text: str, prefix: str, chance: random.Random) -> list[Key]:
    at, pace, burst = 0.0, chance.choice((1, 5, 20, 60, 180, 400)), []
    for char in text:
        burst.append(Key(at, chance.choice((*[char] * 12, "\r", "", prefix))))
        at += chance.expovariate(1 / pace)
    return burst


def _is_character(text: str, prefix: str) -> bool:
    return text not in ("", prefix) and (text.isprintable() or text == "\x1d")


def _refused(text: str) -> bool:
    try:
        read(text, programme=4711, keys={1: ENTRY}, now=ISSUED, skew=timedelta(minutes=2))
    except Refused:
        return True
    return False
