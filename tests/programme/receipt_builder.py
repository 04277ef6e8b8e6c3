"""Access keys and receipt files made on the spot, right unless a test asks for something wrong."""

from collections.abc import Sequence

from sync.programme.access_key import check_digit

CNPJ = "11222333000181"
NAMESPACE = 'xmlns="http://www.portalfiscal.inf.br/nfe"'


def make_key(
    *,
    state: str = "35",
    month: str = "2608",
    cnpj: str = CNPJ,
    model: str = "65",
    series: int = 1,
    number: int = 1234,
    emission: int = 1,
    chance: int = 98765432,
) -> str:
    body = f"{state}{month}{cnpj}{model}{series:03d}{number:09d}{emission}{chance:08d}"
    return body + check_digit(body)


def make_sat_key(
    *, month: str = "2510", cnpj: str = CNPJ, device: int = 900004019, number: int = 21
) -> str:
    body = f"35{month}{cnpj}59{device:09d}{number:06d}513340"
    return body + check_digit(body)


def item(
    *,
    code: str = "789",
    name: str = "CAFE 500 G",
    ean: str = "7891000315507",
    ncm: str = "09012100",
    quantity: str = "2.0000",
    gross: str = "20.00",
    discount: str | None = None,
    counts: str | None = "1",
) -> str:
    off = f"<vDesc>{discount}</vDesc>" if discount is not None else ""
    total = f"<indTot>{counts}</indTot>" if counts is not None else ""
    return (
        f"<det><prod><cProd>{code}</cProd><cEAN>{ean}</cEAN><xProd>{name}</xProd><NCM>{ncm}</NCM>"
        f"<qCom>{quantity}</qCom><vProd>{gross}</vProd>{off}{total}</prod></det>"
    )


def make_invoice(
    *,
    key: str | None = None,
    items: Sequence[str] = (item(),),
    total: str = "20.00",
    freight: str | None = None,
    payments: Sequence[tuple[str, str]] = (("01", "20.00"),),
    issued: str = "2026-08-14T10:25:10-03:00",
    environment: str = "1",
    purpose: str = "1",
    direction: str = "1",
    emission: int = 1,
    series: int = 1,
    number: int = 1234,
    model: str = "65",
    issuer: str = f"<CNPJ>{CNPJ}</CNPJ>",
) -> str:
    """The `NFe` element, without its namespace."""
    key = make_key() if key is None else key
    paid = "".join(f"<detPag><tPag>{p}</tPag><vPag>{v}</vPag></detPag>" for p, v in payments)
    carried = f"<vFrete>{freight}</vFrete>" if freight is not None else ""
    return (
        f'<NFe><infNFe Id="NFe{key}" versao="4.00"><ide><cUF>35</cUF><mod>{model}</mod>'
        f"<serie>{series}</serie><nNF>{number}</nNF><dhEmi>{issued}</dhEmi><tpNF>{direction}</tpNF>"
        f"<tpEmis>{emission}</tpEmis><tpAmb>{environment}</tpAmb><finNFe>{purpose}</finNFe></ide>"
        f"<emit>{issuer}<xNome>LOJA</xNome></emit>{''.join(items)}"
        f"<total><ICMSTot>{carried}<vNF>{total}</vNF></ICMSTot></total><pag>{paid}</pag>"
        "</infNFe></NFe>"
    )


def protocol(status: str = "100", key: str | None = None) -> str:
    key = make_key() if key is None else key
    return f"<protNFe><infProt><chNFe>{key}</chNFe><cStat>{status}</cStat></infProt></protNFe>"


def answer_to_event(status: str = "135", kind: str | None = "110111") -> str:
    said = f"<tpEvento>{kind}</tpEvento>" if kind is not None else ""
    return (
        f"<retEvento><infEvento><cStat>{status}</cStat><chNFe>{make_key()}</chNFe>{said}"
        "</infEvento></retEvento>"
    )


def event(kind: str = "110111", detail: str = "") -> str:
    return (
        f"<evento><infEvento><chNFe>{make_key()}</chNFe><tpEvento>{kind}</tpEvento>"
        f"<detEvento>{detail}</detEvento></infEvento></evento>"
    )


def wrapped(root: str, *inner: str) -> bytes:
    """A whole file with `root` around `inner`, in the fiscal namespace."""
    content = "".join(inner)
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{declaration}<{root} {NAMESPACE} versao="4.00">{content}</{root}>'.encode()


def make_sat(
    *,
    key: str | None = None,
    total: str = "18.50",
    day: str = "20251014",
    time: str = "154423",
    environment: str = "1",
    device: int = 900004019,
    number: int = 21,
) -> bytes:
    """A CF-e with two items, the second with a share of a discount on the whole."""
    key = make_sat_key() if key is None else key
    products = "".join(
        f"<det><prod><cProd>{code}</cProd><xProd>{name}</xProd><qCom>1.0000</qCom>"
        f"<vProd>10.00</vProd>{off}</prod></det>"
        for code, name, off in (
            ("1", "PAO", "<vDesc>0.50</vDesc>"),
            ("2", "LEITE", "<vRatDesc>1.00</vRatDesc>"),
        )
    )
    return (
        f'<?xml version="1.0"?><CFe><infCFe Id="CFe{key}"><ide><mod>59</mod>'
        f"<nserieSAT>{device}</nserieSAT><nCFe>{number}</nCFe><dEmi>{day}</dEmi><hEmi>{time}</hEmi>"
        f"<tpAmb>{environment}</tpAmb></ide><emit><CNPJ>{CNPJ}</CNPJ></emit>{products}"
        f"<total><vCFe>{total}</vCFe></total><pgto><MP><cMP>01</cMP><vMP>{total}</vMP></MP></pgto>"
        "</infCFe></CFe>"
    ).encode()
