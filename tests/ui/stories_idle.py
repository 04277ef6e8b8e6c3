"""The drawn stories of screens 14, 01 and 05, and their other states, as plain values."""

from dataclasses import replace

from loyalty_desk.ui.enrol.page import EnrolPage
from loyalty_desk.ui.enrol.state import After, Consent, EnrolState, Field, SelfService
from loyalty_desk.ui.identify.page import IdentifyPage
from loyalty_desk.ui.identify.state import (
    Campaign,
    Figure,
    Goal,
    IdentifyState,
    Result,
    Search,
    Shift,
    Visit,
)
from loyalty_desk.ui.identify.state import Reader as IdleReader
from loyalty_desk.ui.shell.page import Shell
from loyalty_desk.ui.shell.presenter import Badge, Operator, Pill, ShellState
from loyalty_desk.ui.sign_in.page import SignInPage
from loyalty_desk.ui.sign_in.state import OnHold, Person, PinEntry, Reader, SignInState
from loyalty_desk.ui.widgets.page import Page
from loyalty_desk.ui.widgets.pin import PinField
from sync import i18n


def say(portuguese: str, english: str) -> str:
    """What a presenter would have written in the language in use."""
    return english if i18n.language() == "en" else portuguese


def synced() -> Pill:
    return Pill(say("Sincronizado", "Up to date"))


def cashier() -> Operator:
    return Operator("JP", "Joana Prado", say("Caixa", "Cashier"))


def framed(name: str, page: Page, state: ShellState) -> Shell:
    """A shell that shows one page."""
    shell = Shell()
    shell.add_page(name, page)
    shell.draw(state)
    shell.show_page(name)
    return shell


def sign_in_state() -> SignInState:
    cashier_word = say("Caixa", "Cashier")
    hours = say("{} às {}", "{} to {}")

    def note(role: str, start: str, end: str) -> str:
        return f"{role} · {hours.format(start, end)}"

    return SignInState(
        today=say("Sábado, 21 de novembro, 12:04", "Saturday, 21 November, 12:04"),
        reader=Reader(say("Leitor conectado", "Reader connected")),
        people=(
            Person(
                "joana",
                "JP",
                "Joana Prado",
                note(cashier_word, "07:00", "15:00"),
                say("No caixa", "At the till"),
            ),
            Person("bianca", "BT", "Bianca Torres", note(cashier_word, "12:00", "20:00")),
            Person("igor", "IM", "Igor Menezes", note(cashier_word, "15:00", "22:00")),
            Person("danilo", "DR", "Danilo Reis", note(say("Líder", "Lead"), "10:00", "18:00")),
            Person(
                "renato", "RS", "Renato Siqueira", note(say("Gerente", "Manager"), "08:00", "17:00")
            ),
        ),
        chosen="bianca",
        pin=PinEntry(
            say("Digite seu PIN · setas trocam a pessoa", "Type your PIN · arrows change person")
        ),
        on_hold=OnHold(
            say("1 atendimento em espera", "1 visit on hold"),
            say("Marina Alves · continua aqui depois da troca", "Marina Alves · stays here"),
        ),
    )


def sign_in_window(state: SignInState | None = None, typed: str = "123") -> Shell:
    """Screen 14, three digits typed."""
    page = SignInPage()
    page.draw(state or sign_in_state())
    shell = framed(
        "sign-in",
        page,
        ShellState(
            programme="Clube Jatobá",
            place_line=say("Pinheiros · Caixa 02", "Pinheiros · Till 02"),
            pill=synced(),
            language=say("Português", "English"),
            has_scan=False,
            has_rail=False,
            keys=frozenset({1}),
        ),
    )
    pin = page.findChild(PinField)
    for digit in typed:
        pin.type_digit(digit)
    return shell


def recent() -> tuple[Visit, ...]:
    ago = say("há {} min", "{} min ago")
    undo = say("Desfazer · 12 s", "Undo · 12 s")
    new = say("Novo membro · +50 pts", "New member · +50 pts")
    return (
        Visit("v4", "MA", "Marina Alves", "+153 pts · Café grande", undo=undo),
        Visit("v3", "CN", "Caio Nogueira", "+42 pts", ago.format(6)),
        Visit("v2", "DR", "Dona Rute Sampaio", "Cesta de café · −2.400 pts", ago.format(9)),
        Visit("v1", "LB", "Luan Barreto", new, ago.format(14)),
    )


def shift() -> Shift:
    return Shift(
        since=say("desde 07:00", "since 07:00"),
        figures=(
            Figure("38", say("atendimentos", "visits")),
            Figure("64%", say("vendas identificadas", "identified sales")),
            Figure("12", say("resgates", "redemptions")),
        ),
        goal=Goal(say("Meta de cadastros", "Enrolment goal"), "6", say("de 10", "of 10"), 0.6),
        campaign=Campaign(
            say("Cafés em dobro até 12:00", "Coffee counts double until 12:00"),
            say("Avise: vale para todos os níveis", "Tell them: it holds for every tier"),
        ),
    )


def idle_state() -> IdentifyState:
    return IdentifyState(
        title=say("Pronto para ler", "Ready to scan"),
        reader=IdleReader(say("Leitor conectado", "Reader connected")),
        recent=recent(),
        shift=shift(),
    )


def idle_window(state: IdentifyState | None = None, frame: ShellState | None = None) -> Shell:
    """Screen 01."""
    page = IdentifyPage()
    page.draw(state or idle_state())
    return framed("identify", page, frame or idle_frame())


def idle_frame() -> ShellState:
    return ShellState(
        programme="Clube Jatobá",
        place_line=say("Pinheiros · Caixa 02", "Pinheiros · Till 02"),
        pill=synced(),
        operator=cashier(),
        has_scan=False,
        badges=(Badge("pickups", "2"),),
        keys=frozenset({1, 2, 3, 6, 7, 8, 11, 12}),
    )


def found(count: int) -> tuple[Result, ...]:
    names = (
        ("MA", "Marina Alves", "4417", "gold", "Ouro"),
        ("MB", "Marina Barros de Albuquerque Cavalcanti", "0932", "silver", "Prata"),
        ("MC", "Mariana Couto", "7719", "bronze", "Bronze"),
        ("MD", "Mário Dias", "5521", "diamond", "Diamante"),
    )
    rows = []
    for at in range(count):
        letters, name, digits, tier, tier_name = names[at % len(names)]
        rows.append(
            Result(
                member_id=(7 << 40) + at,
                initials=letters,
                name=name,
                contact=f"(11) •••••-{digits} · CPF •••.432-••",
                tier=tier,
                tier_name=tier_name,
                last_visit=say("Última visita 12/11/2026", "Last visit 12 Nov 2026"),
            )
        )
    return tuple(rows)


def search_window() -> Shell:
    """Screen 01 while a name is typed: seven of 148 members."""
    return idle_window(
        replace(
            idle_state(),
            query="mari",
            query_at=1,
            search=Search(results=found(8), total=say("7 de 148", "7 of 148")),
        )
    )


def full_search_window() -> Shell:
    """Screen 01 with exactly eight members found."""
    state = replace(idle_state(), query="mar", query_at=1, search=Search(results=found(8)))
    return idle_window(state)


def wide_search_window() -> Shell:
    """Screen 01 with a real keyboard: no keypad, wide rows."""
    state = replace(
        idle_state(), query="mar", query_at=1, has_keypad=False, search=Search(results=found(8))
    )
    return idle_window(state)


def nobody_window() -> Shell:
    """Screen 01 with nobody found."""
    state = replace(
        idle_state(),
        query="98214-4417",
        query_at=1,
        search=Search(
            nothing=say("Ninguém com 98214-4417", "Nobody with 98214-4417"),
            nothing_note=say(
                "Confira o que foi digitado ou cadastre.", "Check what was typed, or enrol."
            ),
            enrol_label=say("Cadastrar com este número", "Enrol with this number"),
        ),
    )
    return idle_window(state)


def modules(side: int = 29) -> tuple[tuple[bool, ...], ...]:
    """Something as dense as a QR code; the rule compares its frame only."""
    return tuple(tuple((x * y + x + y) % 3 == 0 for x in range(side)) for y in range(side))


def enrol_state() -> EnrolState:
    return EnrolState(
        phone=Field(
            "phone",
            "(11) 98214-4417",
            say("Nenhum cadastro com este número", "No one with this number yet"),
            "ok",
            text_at=1,
        ),
        name=Field(
            "name",
            "Teresa Oka",
            say("Como a pessoa gosta de ser chamada", "As the person likes to be called"),
            text_at=1,
        ),
        cpf=Field("cpf"),
        birthday=Field("birthday"),
        accepted_title=say("O que Teresa aceitou", "What Teresa accepted"),
        consents=(
            Consent(
                "rules",
                say(
                    "Regulamento do clube e uso dos dados para pontuar",
                    "Club rules and use of data to earn points",
                ),
                say(
                    "Necessário para participar · versão 3, de 01/10/2026",
                    "Needed to take part · version 3, of 01 Oct 2026",
                ),
                ticked=True,
                required=True,
                can_read=True,
            ),
            Consent("whatsapp", say("Receber ofertas por WhatsApp", "Receive offers on WhatsApp")),
            Consent("sms", say("Receber ofertas por SMS", "Receive offers by SMS")),
        ),
        conclude_label=say("Cadastrar e pontuar", "Enrol and add points"),
        can_conclude=True,
        welcome=say("Ganha 50 pontos de boas-vindas", "Gets 50 welcome points"),
        after=(
            After(
                "card", say("Enviar cartão digital por SMS", "Send the card by SMS"), ticked=True
            ),
            After("print", say("Imprimir cartão com QR", "Print a card with QR")),
        ),
        self_service=SelfService(
            modules(),
            say("O mesmo código está na tela do cliente", "The customer's display shows it too"),
            say(
                "Ele aponta a câmera, aceita os termos e a ficha abre aqui sozinha.",
                "They point the camera, accept the terms, and the account opens here by itself.",
            ),
        ),
    )


def enrol_frame() -> ShellState:
    return replace(idle_frame(), has_scan=True, keys=frozenset({1, 2, 10, 11, 12}), hot_key=10)


def enrol_window(state: EnrolState | None = None, frame: ShellState | None = None) -> Shell:
    """Screen 05."""
    page = EnrolPage()
    page.draw(state or enrol_state())
    return framed("enrol", page, frame or enrol_frame())
