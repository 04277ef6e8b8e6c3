"""The tour: the real app on the demo club, led through every screen, one picture each.

Clock and day are the tour's own, the same every time: Saturday, 21 November 2026. Its till lives in
a folder that is thrown away, so a tour changes nothing.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QLineEdit

from loyalty_desk.app.clock import SetClock
from loyalty_desk.app.desk_app import DeskApp
from loyalty_desk.app.tour_receipt import receipt_xml
from loyalty_desk.ui.counter.lookout import LineNews
from loyalty_desk.ui.counter.presenter import CounterPresenter
from loyalty_desk.ui.enrol.state import FieldName
from sync.programme.refusals import Reason, Refused

MEMBERS = 300
PIN = "246810"
_PATIENCE_MS = 180_000


class Tour:
    """Leads through the screens; `run` returns how many pictures were written."""

    def __init__(self, app: QApplication, desk: DeskApp, clock: SetClock, folder: Path) -> None:
        self._app = app
        self._desk = desk
        self._clock = clock
        self._folder = folder
        self._written = 0

    def run(self) -> int:
        """Draw every screen; raises TimeoutError naming what never came."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._clock.set("06:58")
        self._desk.start()
        self._until(lambda: self._desk.presenter is not None, "the till's files")
        desk = self._presenter()
        self._until(lambda: bool(desk.sign_in.view.staff), "the demo club")
        self._until(lambda: not self._status_waits(), "the first synchronisation")
        self._desk.pause_line()
        self._morning(desk)
        self._member(desk)
        self._errors(desk)
        self._newcomer(desk)
        self._offline(desk)
        self._change_of_shift(desk)
        return self._written

    def _morning(self, desk: CounterPresenter) -> None:
        self._sign_in(desk, "Joana Prado", at="07:00")
        self._shoot("01-caixa-livre-primeiro-dia")
        self._clock.set("09:20")
        self._search("mar")
        self._until(lambda: desk.idle.view.found is not None, "the search")
        self._shoot("01-busca")
        desk.escape()
        self._search("11 98888-0000")
        self._until(lambda: not desk.idle.first(), "an empty search")
        self._shoot("01-busca-vazia")
        desk.escape()

    def _member(self, desk: CounterPresenter) -> None:
        self._clock.set("09:33")
        self._visit(desk, "Caio Nogueira", centavos=4_200)
        desk.conclude()
        self._until(lambda: desk.screen == "identify", "Caio's visit")
        self._clock.set("09:41")
        self._open(desk, "Marina Alves")
        desk.receipt_file(receipt_xml(desk.document(), at="2026-11-21T09:40:12-03:00"))
        self._until(lambda: self._centavos(desk) == 8_640, "the receipt")
        self._shoot("02-membro-aberto")
        desk.visit.choose(4)
        self._until(lambda: self._confirming(desk), "the confirmation")
        self._shoot("03-confirmar-resgate")
        desk.escape()
        desk.tray()
        self._settle()
        self._shoot("24-pendencias")
        desk.tray()
        desk.conclude()
        self._until(lambda: desk.screen == "identify", "Marina's visit")
        self._clock.add_seconds(3)
        desk.tick()
        self._until(lambda: bool(desk.idle.view.recent), "the last visits")
        self._shoot("01-caixa-livre")

    def _errors(self, desk: CounterPresenter) -> None:
        self._clock.set("09:50")
        desk.tick()
        desk.refused(Refused(Reason.CODE_FORGED))
        self._shoot("23-codigo-nao-aceito")
        desk.escape()
        self._open(desk, "Otávio Reis")
        self._shoot("22-membro-bloqueado")
        desk.escape()
        self._visit(desk, "Marina Alves", centavos=86_400_0)
        desk.conclude()
        self._until(
            lambda: desk.visit.view is not None and bool(desk.visit.view.problem), "a doubt"
        )
        self._shoot("02-valor-incomum")
        desk.visit.amount(0)
        self._settle()
        desk.escape()

    def _newcomer(self, desk: CounterPresenter) -> None:
        desk.open_enrolment()
        self._type("phone", "11982144410")
        self._type("name", "Teresa Oka")
        document = desk.document()
        desk.enrol.consent(next(p.id for p in document.purposes if p.required))
        self._settle()
        self._shoot("05-cadastro")
        self._type("cpf", "111.111.111-11")
        desk.enrol.left("cpf")
        self._settle()
        self._shoot("05-cadastro-erro")
        desk.escape()

    def _offline(self, desk: CounterPresenter) -> None:
        self._clock.set("10:02")
        desk.lookout.news(LineNews(connected=False, retry_in=18))
        for name, centavos in (("Caio Nogueira", 4_200), ("Luan Barreto", 1_850)):
            self._clock.add_seconds(240)
            self._visit(desk, name, centavos=centavos)
            desk.conclude()
            self._until(lambda: desk.screen == "identify", f"{name} offline")
        self._clock.set("10:21")
        desk.lookout.news(LineNews(connected=False, retry_in=18))
        self._visit(desk, "Marina Alves", centavos=8_640)
        desk.tray()
        self._settle()
        self._shoot("04-sem-conexao")
        desk.tray()

    def _change_of_shift(self, desk: CounterPresenter) -> None:
        self._clock.set("12:03")
        desk.lock()
        self._until(lambda: bool(desk.sign_in.view.parked), "a visit on hold")
        desk.lookout.news(LineNews(connected=True))
        self._clock.set("12:04")
        self._settle()
        self._choose(desk, "Bianca Torres")
        self._shoot("14-entrar")
        desk.sign_in.pin("000000")
        self._until(lambda: desk.sign_in.view.problem is not None, "a wrong PIN")
        self._shoot("14-pin-errado")

    def _sign_in(self, desk: CounterPresenter, name: str, *, at: str) -> None:
        self._clock.set(at)
        self._choose(desk, name)
        desk.sign_in.pin(PIN)
        self._until(lambda: desk.screen == "identify", f"{name} at the till")

    def _choose(self, desk: CounterPresenter, name: str) -> None:
        staff = next(one.id for one in desk.sign_in.view.staff if one.name == name)
        desk.sign_in.choose(str(staff))
        self._settle()

    def _type(self, field: FieldName, text: str) -> None:
        """Type into a field of the enrolment, as a person would."""
        self._desk.window.pages.enrol.focus_field(field)
        edit = self._app.focusWidget()
        assert isinstance(edit, QLineEdit)
        edit.insert(text)
        self._settle()

    def _search(self, text: str) -> None:
        """Type into the field of the idle desk, as a person would."""
        edit = self._desk.window.pages.identify.home()
        assert isinstance(edit, QLineEdit)
        edit.insert(text)
        self._settle()

    def _visit(self, desk: CounterPresenter, name: str, *, centavos: int) -> None:
        self._open(desk, name)
        desk.visit.amount(centavos)
        self._until(lambda: self._centavos(desk) == centavos, f"the amount for {name}")
        self._settle()

    def _open(self, desk: CounterPresenter, name: str) -> None:
        desk.idle.query(name)
        self._until(lambda: bool(desk.idle.first()), f"{name} found")
        desk.open_member(desk.idle.first())
        self._until(lambda: desk.screen == "visit" and desk.visit.view is not None, f"{name} open")
        self._settle()

    @staticmethod
    def _centavos(desk: CounterPresenter) -> int:
        draft = desk.visit.draft
        return draft.amount_centavos if draft is not None else -1

    @staticmethod
    def _confirming(desk: CounterPresenter) -> bool:
        return desk.visit.view is not None and desk.visit.view.confirming

    def _status_waits(self) -> bool:
        return not self._desk.is_synced()

    def _presenter(self) -> CounterPresenter:
        assert self._desk.presenter is not None
        return self._desk.presenter

    def _shoot(self, name: str) -> None:
        self._settle()
        path = self._folder / f"{name}.png"
        if not self._desk.window.grab().save(str(path)):
            raise OSError(f"cannot write {path}")
        self._written += 1

    def _settle(self) -> None:
        """Let everything that is under way come to the screen."""
        self._desk.wait_for_store()
        for _turn in range(3):
            self._app.processEvents()

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        timer = QElapsedTimer()
        timer.start()
        while not holds():
            if timer.elapsed() > _PATIENCE_MS:
                raise TimeoutError(f"the tour waited in vain for {what}")
            loop = QEventLoop()
            QTimer.singleShot(20, loop.quit)
            loop.exec()
