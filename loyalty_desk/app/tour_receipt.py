"""A fiscal receipt of the demo club, for the tour: R$ 86,40, of which R$ 24,00 are coffee."""

from datetime import datetime

from sync.programme.access_key import check_digit
from sync.programme.document import Document

_LINES = (
    ("CAFE-GRANDE", "CAFE GRANDE", "09012100", "24.00"),
    ("PAO", "PAO NA CHAPA", "19059090", "30.40"),
    ("BROWNIE", "BROWNIE", "19059090", "32.00"),
)
_TOTAL = "86.40"


def receipt_xml(document: Document, *, at: str, number: int = 9_377) -> bytes:
    """Return the XML of an authorised NFC-e of the club's first store, issued `at` (ISO 8601)."""
    issued = datetime.fromisoformat(at)
    cnpj = document.stores[0].cnpj
    body = f"35{issued:%y%m}{cnpj}65001{number:09d}1{30_211_874:08d}"
    key = body + check_digit(body)
    lines = "".join(
        f'<det nItem="{n}"><prod><cProd>{code}</cProd><cEAN>SEM GTIN</cEAN><xProd>{name}</xProd>'
        f"<NCM>{ncm}</NCM><CFOP>5102</CFOP><qCom>1.0000</qCom><vProd>{worth}</vProd>"
        f"<indTot>1</indTot></prod></det>"
        for n, (code, name, ncm, worth) in enumerate(_LINES, start=1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<nfeProc xmlns="http://www.portalfiscal.inf.br/nfe" versao="4.00"><NFe>'
        f'<infNFe Id="NFe{key}" versao="4.00"><ide><cUF>35</cUF><mod>65</mod><serie>1</serie>'
        f"<nNF>{number}</nNF><dhEmi>{at}</dhEmi>"
        "<tpNF>1</tpNF><tpEmis>1</tpEmis><tpAmb>1</tpAmb><finNFe>1</finNFe></ide>"
        f"<emit><CNPJ>{cnpj}</CNPJ></emit>{lines}"
        f"<total><ICMSTot><vProd>{_TOTAL}</vProd><vDesc>0.00</vDesc><vNF>{_TOTAL}</vNF></ICMSTot>"
        f"</total><pag><detPag><tPag>01</tPag><vPag>{_TOTAL}</vPag></detPag></pag></infNFe></NFe>"
        f"<protNFe><infProt><chNFe>{key}</chNFe><cStat>100</cStat></infProt></protNFe></nfeProc>"
    ).encode()
