"""Certificates for a server at 127.0.0.1: a good one, and each kind of wrong one."""

import ipaddress
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


def context(folder: Path, fault: str) -> tuple[ssl.SSLContext, Path]:
    """What a server with this fault shows, and the file of authorities that a till trusts."""
    authority = ec.generate_private_key(ec.SECP256R1())
    stranger = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    trusted = folder / "authorities.pem"
    trusted.write_bytes(_pem(_certificate("Authority", authority, "Authority", authority)))
    issuers = {"self-signed": ("Server", key), "another authority": ("Stranger", stranger)}
    issuer, signer = issuers.get(fault, ("Authority", authority))
    shown = _certificate(
        "Server",
        key,
        issuer,
        signer,
        host="10.1.2.3" if fault == "wrong host" else "127.0.0.1",
        ended=fault == "expired",
    )
    chain = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain.write_bytes(_pem(shown) + private)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(chain)
    return served, trusted


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    *,
    host: str = "",
    ended: bool = False,
) -> x509.Certificate:
    now = datetime.fromtimestamp(time.time(), UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 9 * _DAY)
        .not_valid_after(now - _DAY if ended else now + _DAY)
        .add_extension(x509.BasicConstraints(ca=not host, path_length=None), critical=True)
    )
    if host:
        named = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        builder = builder.add_extension(named, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
