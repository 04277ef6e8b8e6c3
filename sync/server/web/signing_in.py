"""Signing in: who are you, and which code did you get. The same answers for everybody."""

import asyncio
from dataclasses import dataclass, field

from litestar.background_tasks import BackgroundTask

from sync import i18n
from sync.i18n import _
from sync.server.office.documents import rulebook
from sync.server.office.head_office import HeadOffice
from sync.server.office.sessions import end_all, end_session
from sync.server.office.sign_in import Wait, ask_code, recipient, try_code
from sync.server.web import drawing
from sync.server.web.frame import frame
from sync.server.web.letters import Sender, letter
from sync.server.web.site import PREFIX
from sync.server.web.visits import SIGN_IN, Answer, Fields, Visit

CODE = f"{PREFIX}/code"
_TOO_MANY = 429
_PAUSE_SECONDS = 0.1  # so that writing a letter takes nothing from the answer on its way


@dataclass(frozen=True, slots=True)
class Reception:
    """What signs people in: `send` brings them their codes.

    Letters go their own way: neither the answer nor the next one on the same connection waits, or
    who waits could tell a member from a stranger.
    """

    send: Sender
    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def ask(self, visit: Visit, fields: Fields) -> Answer:
        """Send a code to whoever was named; go on alike when that is nobody."""
        asked = ask_code(
            visit.office,
            fields.get("who", ""),
            visitor=visit.secret,
            source=visit.source,
            now=visit.now,
        )
        if isinstance(asked, Wait):
            return _who(visit, wait=asked)
        posted = BackgroundTask(
            self._begin, visit.office, asked.member, asked.code, visit.language, visit.now
        )
        return Answer(go_to=CODE, afterwards=posted)

    async def _begin(
        self, office: HeadOffice, member: int, code: str, language: str, now: int
    ) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(_PAUSE_SECONDS, self._start, office, member, code, language, now)

    def _start(self, office: HeadOffice, member: int, code: str, language: str, now: int) -> None:
        task = asyncio.create_task(self._post(office, member, code, language, now))
        self.under_way.add(task)  # a task that nobody holds may vanish
        task.add_done_callback(self.under_way.discard)

    async def _post(
        self, office: HeadOffice, member: int, code: str, language: str, now: int
    ) -> None:
        if not member:
            return
        to = await asyncio.to_thread(recipient, office, member)
        club = await asyncio.to_thread(_club, office, now)
        await self.send(letter(to, code, club=club, language=language))


def who(visit: Visit) -> Answer:
    """Return the page that asks who somebody is; a member who is signed in goes home."""
    return Answer(go_to=f"{PREFIX}/") if visit.member else _who(visit)


def code(visit: Visit) -> Answer:
    """Return the page that asks for the code."""
    return Answer(go_to=f"{PREFIX}/") if visit.member else _code(visit)


def enter(visit: Visit, fields: Fields) -> Answer:
    """Let somebody in who has the code."""
    secret = try_code(
        visit.office,
        fields.get("code", ""),
        visitor=visit.secret,
        source=visit.source,
        now=visit.now,
    )
    if isinstance(secret, bytes):
        return Answer(go_to=f"{PREFIX}/", secret=secret)
    return _code(visit, wait=secret, wrong=secret is None)


def leave(visit: Visit, fields: Fields) -> Answer:
    """Sign this browser out, or every one."""
    if fields.get("everywhere"):
        end_all(visit.office, visit.member)
    end_session(visit.office, visit.secret)
    return Answer(go_to=SIGN_IN, secret=b"")


def _who(visit: Visit, wait: Wait | None = None) -> Answer:
    body = drawing.page(
        "sign_in",
        frame=frame(visit, _("Sign in")),
        club=_club(visit.office, visit.now),
        explained=_("Your points, your code for the till and your rewards."),
        label=_("E-mail, mobile number or CPF"),
        go_on=_("Send the code"),
        hint=_("We send you a code. There is no password."),
        fault=_wait_in_words(wait),
    )
    return _answer(body, wait, faulty=False)


def _code(visit: Visit, wait: Wait | None = None, *, wrong: bool = False) -> Answer:
    fault = _wait_in_words(wait)
    if wrong:
        fault = _("This code is not right, or not good any more.")
    body = drawing.page(
        "code",
        frame=frame(visit, _("Enter the code")),
        explained=_(
            "If this e-mail, number or CPF belongs to a member, a code of six digits is on its way."
        ),
        label=_("Code of six digits"),
        go_on=_("Sign in"),
        again=_("Send another code"),
        again_at=SIGN_IN,
        fault=fault,
    )
    return _answer(body, wait, faulty=wrong)


def _answer(body: str, wait: Wait | None, *, faulty: bool) -> Answer:
    if wait is not None:
        return Answer(body=body, status=_TOO_MANY, headers={"Retry-After": str(wait.seconds)})
    return Answer(body=body, status=422 if faulty else 200)


def _wait_in_words(wait: Wait | None) -> str:
    if wait is None:
        return ""
    minutes = -(-wait.seconds // 60)
    return i18n.ngettext(
        "Too many attempts. Try again in {n} minute.",
        "Too many attempts. Try again in {n} minutes.",
        minutes,
    ).format(n=minutes)


def _club(office: HeadOffice, now: int) -> str:
    with office.database.read() as connection:
        return rulebook(connection).in_force(now).name
