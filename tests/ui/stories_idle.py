"""The drawn stories of screens 14, 01 and 05, and their other states, as plain values."""

from collections.abc import Callable
from dataclasses import replace

from loyalty_desk.ui.enrol.page import EnrolPage
from loyalty_desk.ui.enrol.state import After, Consent, EnrolState, Field, SelfService
from loyalty_desk.ui.identify.page import IdentifyPage
from loyalty_desk.ui.identify.state import (
    Campaign,
    Figure,
    Goal,
    IdentifyState,
    Notice,
    Result,
    Search,
    Shift,
    Visit,
)
from loyalty_desk.ui.identify.state import Reader as IdleReader
from loyalty_desk.ui.shell.page import Shell
from loyalty_desk.ui.shell.presenter import Badge, Operator, Parked, Pill, ShellState, Strip
from loyalty_desk.ui.sign_in.page import SignInPage
from loyalty_desk.ui.sign_in.state import OnHold, Person, PinEntry, Reader, SignInState, StaffSearch
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


def sign_in_frame() -> ShellState:
    return ShellState(
        programme="Clube Jatobá",
        place_line=say("Pinheiros · Caixa 02", "Pinheiros · Till 02"),
        pill=synced(),
        language=say("Português", "English"),
        has_scan=False,
        has_rail=False,
        keys=frozenset({1}),
    )


def sign_in_window(
    state: SignInState | None = None, typed: str = "123", frame: ShellState | None = None
) -> Shell:
    """Screen 14, three digits typed."""
    page = SignInPage()
    page.draw(state or sign_in_state())
    shell = framed("sign-in", page, frame or sign_in_frame())
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
                "Confira o que foi digitado ou cadastre um novo membro.",
                "Check what was typed, or enrol a new member.",
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


def offline_frame(frame: ShellState) -> ShellState:
    """The same frame without a connection."""
    return replace(
        frame,
        pill=Pill(say("Sem conexão · 7 na fila", "Offline · 7 waiting"), "warn", "wifi-off"),
        strip=Strip(
            say(
                "Sem conexão desde 10:02. Pode atender normalmente: tudo será enviado depois.",
                "Offline since 10:02. Serve as usual: everything will be sent later.",
            )
        ),
    )


def locked_window() -> Shell:
    """Screen 14 after five wrong PINs: the keypad is off, a badge still works."""
    entry = PinEntry(
        sign_in_state().pin.hint,
        say(
            "PIN errado vezes demais. Espere 30 s ou leia seu crachá.",
            "Too many wrong PINs. Wait 30 s or scan your badge.",
        ),
        attempt=5,
        locked=True,
    )
    return sign_in_window(replace(sign_in_state(), pin=entry), typed="")


def wrong_pin_window() -> Shell:
    """Screen 14 after one wrong PIN, without a connection."""
    entry = PinEntry(
        sign_in_state().pin.hint,
        say("PIN não confere. Restam 4.", "Wrong PIN. 4 tries left."),
        attempt=1,
    )
    state = replace(
        sign_in_state(),
        pin=entry,
        notice=say(
            "Sem conexão: entrar funciona até 7 dias depois da última conferência.",
            "Offline: signing in works up to 7 days after the last check.",
        ),
    )
    return sign_in_window(state, typed="")


def crowded_sign_in_window() -> Shell:
    """Screen 14 with everything that may be told, under the strip: the least height there is."""
    told = say("Avise um gerente: só ele troca o PIN.", "Tell a manager: only they change a PIN.")
    state = replace(
        sign_in_state(), notice=told, pin=PinEntry(sign_in_state().pin.hint, told, attempt=1)
    )
    return sign_in_window(state, typed="", frame=offline_frame(sign_in_frame()))


def other_person_window() -> Shell:
    """Screen 14 while someone without a tile is looked for."""
    found = (
        Person("carla", "CM", "Carla Mendes", say("Caixa · Moema", "Cashier · Moema")),
        Person("carlos", "CR", "Carlos Rocha", say("Líder · Moema", "Lead · Moema")),
    )
    state = replace(sign_in_state(), chosen="", search=StaffSearch(found))
    return sign_in_window(state, typed="")


def no_staff_window() -> Shell:
    """Screen 14 of a new till: nobody is known yet."""
    state = SignInState(
        today=sign_in_state().today,
        reader=Reader(say("Leitor: sem leituras hoje", "Reader: no scans today"), "plain"),
        people=(),
        chosen="",
        pin=PinEntry(say("Escolha uma pessoa", "Choose a person")),
        notice=say(
            "A lista de pessoas vem com a primeira conexão.",
            "The list of people comes with the first connection.",
        ),
    )
    return sign_in_window(state, typed="")


def first_day_window() -> Shell:
    """Screen 01 before the first visit, while members are being fetched."""
    state = replace(
        idle_state(),
        reader=IdleReader(say("Leitor desconectado", "Reader unplugged"), "bad"),
        recent=(),
        recent_empty=say(
            "Nenhum atendimento ainda. Leia um QR para começar.",
            "No visits yet. Scan a QR to start.",
        ),
        shift=None,
        notice=Notice(
            "refresh-cw",
            say("Baixando membros 62%", "Fetching members 62%"),
            say("Já pode atender quem for encontrado", "Whoever is found can be served already"),
            share=0.62,
        ),
    )
    return idle_window(state)


def offline_idle_window() -> Shell:
    """Screen 01 without a connection, a receipt waiting, a visit on hold."""
    state = replace(
        idle_state(),
        notice=Notice(
            "receipt-text",
            say("Nota de R$\u00a086,40", "Receipt of R$\u00a086.40"),
            say("Agora leia o membro", "Scan the member now"),
        ),
    )
    return idle_window(state, crowded(idle_frame()))


def stale_search_window() -> Shell:
    """Screen 01 without a connection and eight members found."""
    state = replace(idle_state(), query="mar", query_at=1, search=Search(results=found(8)))
    return idle_window(state, offline_frame(idle_frame()))


def enrol_errors_window(frame: ShellState | None = None) -> Shell:
    """Screen 05 with something wrong in every field."""
    state = replace(
        enrol_state(),
        phone=Field(
            "phone",
            "(11) 98214-4417",
            say("Já é de Marina A. Enter abre.", "Belongs to Marina A. Enter opens it."),
            "warn",
            say("Abrir", "Open"),
            text_at=2,
        ),
        name=Field("name", "", say("Digite o nome.", "Type the name."), "bad", text_at=2),
        cpf=Field(
            "cpf",
            "123.456.789-00",
            say(
                "Este CPF não é válido. Confira os números.",
                "This CPF is not valid. Check the digits.",
            ),
            "bad",
            text_at=2,
        ),
        birthday=Field(
            "birthday",
            "31/02",
            say("Digite dia e mês, como 25/11.", "Type day and month, as in 25/11."),
            "bad",
            text_at=2,
        ),
        can_conclude=False,
        problem=say("Falta o nome.", "The name is missing."),
    )
    consents = (
        replace(state.consents[0], ticked=False, problem=say("Falta aceitar", "Not accepted")),
        *state.consents[1:],
    )
    return enrol_window(replace(state, consents=consents), frame)


def enrol_offline_window() -> Shell:
    """Screen 05 without a connection: the number cannot be looked up, no code for the phone."""
    state = enrol_state()
    state = replace(
        state,
        phone=replace(
            state.phone,
            note=say("Vamos conferir depois", "We will check it later"),
            tone="warn",
            text_at=2,
        ),
        self_service=SelfService(
            (),
            say("Volta com a conexão", "Comes back with the connection"),
            say(
                "O cadastro por aqui funciona: é enviado depois.",
                "Enrolling here works: it is sent later.",
            ),
        ),
    )
    return enrol_window(state, offline_frame(enrol_frame()))


def enrol_reading_window() -> Shell:
    """Screen 05 while the rules are read."""
    state = enrol_state()
    text = say(
        "O clube guarda nome e celular para contar os pontos.\nVocê pode sair quando quiser.",
        "The club keeps name and phone to count points.\nYou may leave whenever you like.",
    )
    consents = (replace(state.consents[0], full_text=text), *state.consents[1:])
    return enrol_window(replace(state, consents=consents))


def crowded(frame: ShellState) -> ShellState:
    """The frame at its highest: no connection and a visit on hold."""
    parked = (Parked("a", say("Em espera · Marina", "On hold · Marina")),)
    return replace(offline_frame(frame), parked=parked)


def crowded_search_window() -> Shell:
    """Screen 01 with members found and the least height there is."""
    state = replace(
        idle_state(),
        query="mar",
        query_at=1,
        search=Search(results=found(8), total=say("8 de 148", "8 of 148")),
    )
    return idle_window(state, crowded(idle_frame()))


def crowded_enrol_window() -> Shell:
    """Screen 05 with everything wrong and the least height there is."""
    return enrol_errors_window(crowded(enrol_frame()))


DRAWN: dict[str, Callable[[], Shell]] = {
    "14-entrar": sign_in_window,
    "01-caixa-livre": idle_window,
    "05-cadastro": enrol_window,
}

OTHERS: dict[str, Callable[[], Shell]] = {
    "14 locked": locked_window,
    "14 wrong PIN": wrong_pin_window,
    "14 crowded": crowded_sign_in_window,
    "14 other person": other_person_window,
    "14 no staff": no_staff_window,
    "01 first day": first_day_window,
    "01 offline": offline_idle_window,
    "01 search": search_window,
    "01 eight found": full_search_window,
    "01 eight found offline": stale_search_window,
    "01 no keypad": wide_search_window,
    "01 crowded": crowded_search_window,
    "01 nobody": nobody_window,
    "05 errors": enrol_errors_window,
    "05 crowded": crowded_enrol_window,
    "05 offline": enrol_offline_window,
    "05 reading": enrol_reading_window,
}
