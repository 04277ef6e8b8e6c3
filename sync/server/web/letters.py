"""Letters: how a one-time code reaches a member.

By e-mail over SMTP, or to whoever watches the console of a demo. A code is never written anywhere
else: not into a log, not into an error.
"""

import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TypeAlias

from sync import i18n
from sync.i18n import _
from sync.programme import email_address, phone
from sync.programme.members import first_name
from sync.programme.phone import Phone
from sync.server.office.sign_in import CODE_LIFE_MS, Recipient

_log = logging.getLogger("loyalty_server")
_SECONDS = 15
_TLS_PORT = 465
_PASSWORD = "LOYALTY_SMTP_PASSWORD"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Letter:
    """A code on its way, in the language of the page that asked for it. It has no representation.

    `to` is an e-mail address, "" for a member who has told none.
    """

    to: str
    told: str  # to whom, masked
    subject: str
    text: str
    code: str


Sender: TypeAlias = Callable[[Letter], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Where letters are posted: server, port, sender's address, and who signs in there.

    The password is in the environment (`LOYALTY_SMTP_PASSWORD`), never on a command line.
    """

    host: str
    port: int
    sender: str
    user: str = ""


def letter(to: Recipient, code: str, *, club: str, language: str) -> Letter:
    """Return the letter that brings a code."""
    minutes = CODE_LIFE_MS // 60_000
    with i18n.speaking(language):
        subject = _("{code} is your code for {club}").format(code=code, club=club)
        text = _(
            "Hi {name},\n\nyour code for {club} is {code}. It is good for {minutes} minutes and "
            "once.\n\nIf you did not ask for it, do nothing: nobody gets in without it. "
            "We never ask you for this code.\n"
        ).format(name=first_name(to.name), club=club, code=code, minutes=minutes)
    told = email_address.masked(to.email) or (phone.masked(Phone(to.phone)) if to.phone else "")
    return Letter(to=to.email, told=told, subject=subject, text=text, code=code)


def by_console(say: Callable[[str, object], None]) -> Sender:
    """Return a sender that says codes to whoever started the server: for demos."""

    async def send(sent: Letter) -> None:
        say("sign-in", f"{sent.code} {sent.told}")

    return send


def by_post(post: Post) -> Sender:
    """Return a sender that hands letters to a mail server: over TLS, but on this machine itself."""

    async def send(sent: Letter) -> None:
        # Loaded with the first letter: most servers of a day never write one.
        from aiosmtplib import SMTPException
        from aiosmtplib import send as deliver

        if not sent.to:
            return
        local = post.host in _LOOPBACK
        try:
            await deliver(
                _message(sent, post.sender),
                hostname=post.host,
                port=post.port,
                username=post.user or None,
                password=os.environ.get(_PASSWORD) if post.user else None,
                use_tls=post.port == _TLS_PORT,
                start_tls=not (local or post.port == _TLS_PORT),
                timeout=_SECONDS,
            )
        except (SMTPException, OSError) as fault:
            # The fault's text may hold the address: only its kind is told.
            _log.error("a letter could not be posted: %s", type(fault).__name__)

    return send


def _message(sent: Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = sent.to
    message["Subject"] = sent.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">") or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(sent.text)
    return message
