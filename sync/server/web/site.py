"""Where the member's page stands, and what each of its answers tells a browser to refuse.

One guarantee: every answer below `/m`, an error too, bears the whole set of headers, so that no
page can be framed, sniffed, kept by a cache, or run anything that is not this server's own file.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

PREFIX = "/m"

# Nothing from elsewhere, nothing written into the page: only files of this server.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
NO_STORE = "no-store"
_HSTS = "max-age=31536000; includeSubDomains"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Site:
    """The address under which members reach this server: "https://club.example".

    Without one it answers on this machine alone, over plain HTTP: a demo, or a test.
    """

    address: str = ""

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if self.address and (parts.scheme != "https" or not parts.hostname or parts.path):
            raise ValueError(f"no address for members: {self.address!r}")

    @property
    def is_secure(self) -> bool:
        """Say whether browsers come over TLS."""
        return bool(self.address)

    @property
    def cookie(self) -> str:
        """The name of the one cookie; the prefix binds it to this host and to TLS."""
        return "__Host-visitor" if self.is_secure else "visitor"

    @property
    def language_cookie(self) -> str:
        """The name of the cookie that keeps the language a person chose."""
        return "__Host-language" if self.is_secure else "language"

    def is_here(self, host: str) -> bool:
        """Say whether a request's Host header names this site."""
        if self.address:
            return host == urlsplit(self.address).netloc
        try:
            return urlsplit(f"//{host}").hostname in _LOOPBACK
        except ValueError:
            return False

    def is_own(self, origin: str, host: str, fetched: str) -> bool:
        """Say whether a form was sent by one of this site's own pages.

        A page that sends no referrer has its browser say "null" for its origin (Fetch standard,
        "append a request Origin header"); then `fetched`, the header Sec-Fetch-Site, which no page
        can set, has to say where the form came from.
        """
        if origin == "null":
            return fetched == "same-origin"
        return origin == (self.address or f"http://{host}")


def harden(site: Site, message: Message, scope: Scope) -> None:
    """Put the headers on an answer below `/m`."""
    path = scope["path"]
    if message["type"] != "http.response.start" or not (
        path == PREFIX or path.startswith(f"{PREFIX}/")
    ):
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in HEADERS.items():
        headers[name] = value
    headers.setdefault("Cache-Control", NO_STORE)
    if site.is_secure:
        headers["Strict-Transport-Security"] = _HSTS


def neighbourhood(address: str) -> str:
    """Return what attempts from an address are counted by: IPv6 networks hand out whole nets."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if ip.version == 6:
        return str(ipaddress.ip_network((ip, 64), strict=False).network_address)
    return str(ip)
