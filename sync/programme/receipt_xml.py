"""The receipt's own XML: NFC-e, NF-e and SAT, read for what a purchase is worth.

Guarantees that a `Receipt` is a sale in the production environment whose fields agree with its
access key, that no register of a cancellation is in the file, and that its lines never add up to
more than was charged for goods. It does not prove the receipt genuine: no signature is checked.

Fields by name as in Manual de Orientação do Contribuinte 7.0 (NF-e, NFC-e), NT 2025.001 and the
Especificação de Requisitos do SAT. Files of older layouts are read as far as they have them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree

from sync.programme.access_key import AccessKey, parse_access_key
from sync.programme.earning import apportion
from sync.programme.receipt_qr import centavos, sat_time
from sync.programme.refusals import Reason, Refused

MAX_BYTES = 2_000_000
PAID_WITH_POINTS = "19"
PAID_WITH_GIFT_CARD = "12"

_NAMESPACE = "{http://www.portalfiscal.inf.br/nfe}"
_KEY_LENGTH = 44
_PRODUCTION = "1"
_AUTHORISED = frozenset({"100", "150"})
_CANCELLED = frozenset({"101", "135", "136", "151", "155"})
_CANCELLING_EVENTS = frozenset({"110111", "110112"})
_NUMBER = re.compile(r"[0-9]{1,15}")
_QUANTITY = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,10})?")
_GTIN = re.compile(r"[0-9]{8,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """One item that counts towards the total.

    `ean` and `ncm` are "" where the receipt has none. `net_centavos` is gross less discount, cut in
    proportion where the lines add up to more than the receipt charged for goods.
    """

    number: int
    code: str
    ean: str
    name: str
    ncm: str
    quantity: Decimal
    gross_centavos: int
    discount_centavos: int
    net_centavos: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A sale. `issued_at` is aware, with the offset of the place of issue.

    `total_centavos` is what the customer owed, freight included; of it `paid_with_points_centavos`
    was settled by a loyalty programme (tPag 19) and `paid_with_gift_card_centavos` by gift card
    (tPag 12). `authorised` says that the file holds the tax authority's protocol (for SAT: always,
    the device is the authority).
    """

    key: AccessKey
    issued_at: datetime
    total_centavos: int
    paid_with_points_centavos: int
    paid_with_gift_card_centavos: int
    lines: tuple[ReceiptLine, ...]
    authorised: bool


def read_receipt_xml(data: bytes) -> Receipt:
    """The sale in an XML file with root nfeProc, NFe, enviNFe (of one) or CFe.

    Raises `Refused`: RECEIPT_TOO_LARGE; RECEIPT_UNREADABLE (with the field) for anything that is no
    such file or lacks a field; RECEIPT_CANCELLED (with the key, and `replaced_by` for a
    substitution) also for a file that holds only the register of a cancellation;
    RECEIPT_KEY_INVALID, RECEIPT_CHECK_FAILED, RECEIPT_MODEL_UNSUPPORTED; RECEIPT_TEST_ENVIRONMENT;
    RECEIPT_NOT_A_SALE for returns, complements, entries and other events; RECEIPT_MISMATCH (with
    the field) when a field contradicts the key.
    """
    if len(data) > MAX_BYTES:
        raise Refused(Reason.RECEIPT_TOO_LARGE, limit_bytes=MAX_BYTES)
    root = _parsed(data)
    _refuse_cancellation(root)
    if root.tag == "CFe":
        return _sat(_one(root, "infCFe"))
    if root.tag == "procEventoNFe":
        raise Refused(Reason.RECEIPT_NOT_A_SALE)
    if root.tag not in {"nfeProc", "enviNFe", "NFe"}:
        raise Refused(Reason.RECEIPT_UNREADABLE, field="root")
    info = _one(root if root.tag == "NFe" else _one(root, "NFe"), "infNFe")
    return _invoice(info, root.find("protNFe/infProt"))


def _parsed(data: bytes) -> Element:
    """The tree without the fiscal namespace; entities and document types are not allowed."""
    try:
        root = ElementTree.fromstring(data, forbid_dtd=True)
    except (ParseError, ValueError, LookupError):
        # Not well-formed, forbidden by defusedxml or badly encoded, encoding unknown.
        raise Refused(Reason.RECEIPT_UNREADABLE, field="XML") from None
    for node in root.iter():
        node.tag = node.tag.removeprefix(_NAMESPACE)
    return root


def _refuse_cancellation(root: Element) -> None:
    """An event counts when the authority's answer is in the file; the request alone does not."""
    for info in root.iter("infEvento"):
        kind = info.findtext("tpEvento") or root.findtext("evento/infEvento/tpEvento")
        if info.findtext("cStat") in _CANCELLED and kind in _CANCELLING_EVENTS:
            facts = {"key": _text(info, "chNFe")}
            replacement = root.findtext("evento/infEvento/detEvento/chNFeRef")
            if replacement is not None:
                facts["replaced_by"] = replacement
            raise Refused(Reason.RECEIPT_CANCELLED, **facts)


def _invoice(info: Element, protocol: Element | None) -> Receipt:
    """NF-e and NFC-e."""
    key = _key(info)
    if _text(info, "ide/finNFe") != "1" or _text(info, "ide/tpNF") != "1":
        raise Refused(Reason.RECEIPT_NOT_A_SALE)
    issued_at = _aware(_text(info, "ide/dhEmi"))
    _agree(_month(issued_at), _month_of(key), "dhEmi")
    _agree(_number(info, "ide/serie"), key.series, "serie")
    _agree(_number(info, "ide/nNF"), key.number, "nNF")
    _agree(_number(info, "ide/tpEmis"), key.emission, "tpEmis")
    total = _amount(info, "total/ICMSTot/vNF")
    goods = max(0, total - _amount(info, "total/ICMSTot/vFrete", default="0"))
    # Layout 4.00 has the payments inside one `pag`, 3.10 repeats `pag`.
    payments = _payments([*info.findall("pag"), *info.findall("pag/detPag")], "tPag", "vPag")
    return _receipt(key, issued_at, total, _lines(info, goods), payments, _allowed(protocol, key))


def _sat(info: Element) -> Receipt:
    """CF-e of SAT, made final by the device that issues it."""
    key = _key(info)
    issued_at = sat_time(_text(info, "ide/dEmi") + _text(info, "ide/hEmi"))
    _agree(_month(issued_at), _month_of(key), "dEmi")
    _agree(_number(info, "ide/nserieSAT"), key.series, "nserieSAT")
    _agree(_number(info, "ide/nCFe"), key.number, "nCFe")
    total = _amount(info, "total/vCFe")
    payments = _payments(info.findall("pgto/MP"), "cMP", "vMP")
    return _receipt(key, issued_at, total, _lines(info, total), payments, True)


def _receipt(
    key: AccessKey,
    issued_at: datetime,
    total: int,
    lines: tuple[ReceiptLine, ...],
    payments: Mapping[str, int],
    authorised: bool,
) -> Receipt:
    return Receipt(
        key=key,
        issued_at=issued_at,
        total_centavos=total,
        # What is paid above the total is change.
        paid_with_points_centavos=min(total, payments.get(PAID_WITH_POINTS, 0)),
        paid_with_gift_card_centavos=min(total, payments.get(PAID_WITH_GIFT_CARD, 0)),
        lines=lines,
        authorised=authorised,
    )


def _key(info: Element) -> AccessKey:
    """The key in the Id, once environment, model and issuer agree with it."""
    key = parse_access_key(info.get("Id", "")[-_KEY_LENGTH:])
    if _text(info, "ide/tpAmb") != _PRODUCTION:
        raise Refused(Reason.RECEIPT_TEST_ENVIRONMENT)
    _agree(_text(info, "ide/mod"), key.model, "mod")
    issuer = info.findtext("emit/CNPJ") or _text(info, "emit/CPF")
    _agree(issuer.strip().zfill(14), key.cnpj, "CNPJ")
    return key


def _allowed(protocol: Element | None, key: AccessKey) -> bool:
    """Whether the authority's protocol is there. A receipt it cancelled or denied is refused."""
    if protocol is None:
        return False
    _agree(_text(protocol, "chNFe"), key.text, "chNFe")
    status = _text(protocol, "cStat")
    if status in _CANCELLED:
        raise Refused(Reason.RECEIPT_CANCELLED, key=key.text)
    if status not in _AUTHORISED:
        raise Refused(Reason.RECEIPT_NOT_A_SALE)
    return True


def _lines(info: Element, goods: int) -> tuple[ReceiptLine, ...]:
    """The items that count, their net amounts cut to `goods` in proportion where above it."""
    items = info.findall("det/prod")
    if not items:
        raise Refused(Reason.RECEIPT_UNREADABLE, field="det")
    # Items with indTot 0 are printed but not charged.
    lines = [_line(n, item) for n, item in enumerate(items, 1) if item.findtext("indTot") != "0"]
    if sum(line.net_centavos for line in lines) > goods:
        shares = apportion(goods, [line.net_centavos for line in lines])
        pairs = zip(lines, shares, strict=True)
        lines = [replace(line, net_centavos=share) for line, share in pairs]
    return tuple(lines)


def _line(number: int, item: Element) -> ReceiptLine:
    gross = _amount(item, "vProd")
    discount = _amount(item, "vDesc", default="0") + _amount(item, "vRatDesc", default="0")
    if discount > gross:
        raise Refused(Reason.RECEIPT_UNREADABLE, field="vDesc")
    quantity, ean = _text(item, "qCom"), (item.findtext("cEAN") or "").strip()
    if not _QUANTITY.fullmatch(quantity):
        raise Refused(Reason.RECEIPT_UNREADABLE, field="qCom")
    return ReceiptLine(
        number=number,
        code=_text(item, "cProd"),
        ean=ean if _GTIN.fullmatch(ean) else "",
        name=" ".join(_text(item, "xProd").split()),
        ncm=(item.findtext("NCM") or "").strip(),
        quantity=Decimal(quantity),
        gross_centavos=gross,
        discount_centavos=discount,
        net_centavos=gross - discount,
    )


def _payments(nodes: Iterable[Element], kind: str, value: str) -> dict[str, int]:
    paid: dict[str, int] = {}
    for node in nodes:
        method = (node.findtext(kind) or "").strip()
        if method:
            paid[method] = paid.get(method, 0) + _amount(node, value)
    return paid


def _aware(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(Reason.RECEIPT_UNREADABLE, field="dhEmi") from None
    if moment.tzinfo is None:
        raise Refused(Reason.RECEIPT_UNREADABLE, field="dhEmi")
    return moment


def _month(moment: datetime) -> tuple[int, int]:
    return moment.year, moment.month


def _month_of(key: AccessKey) -> tuple[int, int]:
    return key.year, key.month


def _one(parent: Element, name: str) -> Element:
    found = parent.findall(name)
    if len(found) != 1:
        raise Refused(Reason.RECEIPT_UNREADABLE, field=name)
    return found[0]


def _text(node: Element, path: str) -> str:
    text = (node.findtext(path) or "").strip()
    if not text:
        raise Refused(Reason.RECEIPT_UNREADABLE, field=_name(path))
    return text


def _number(node: Element, path: str) -> int:
    text = _text(node, path)
    if not _NUMBER.fullmatch(text):
        raise Refused(Reason.RECEIPT_UNREADABLE, field=_name(path))
    return int(text)


def _amount(node: Element, path: str, default: str = "") -> int:
    return centavos((node.findtext(path) or default).strip(), _name(path))


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _agree(given: object, expected: object, field: str) -> None:
    if given != expected:
        raise Refused(Reason.RECEIPT_MISMATCH, field=field)
