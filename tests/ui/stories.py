"""The drawn stories of screens 02, 03, 04 and 13, and their other states, as plain values."""

from dataclasses import replace

from loyalty_desk.ui.pending.state import Action, NeedsYou, TrayRow, TrayState
from loyalty_desk.ui.redeem.state import Ask, ConfirmState, Proof, Row
from loyalty_desk.ui.shell.page import Shell
from loyalty_desk.ui.shell.presenter import (
    ALL_KEYS,
    Badge,
    Operator,
    Parked,
    Pill,
    ShellState,
    Strip,
)
from loyalty_desk.ui.visit.page import VisitPage
from loyalty_desk.ui.visit.state import (
    AmountNotice,
    AmountState,
    Attention,
    MemberCardState,
    Movement,
    NextReward,
    Offer,
    RewardsState,
    RewardTile,
    SummaryState,
    VisitState,
)
from sync import i18n
from sync.i18n import money, number, signed

VISIT_KEYS = ALL_KEYS - {3}


def say(portuguese: str, english: str) -> str:
    """What a presenter would have written in the language in use."""
    return english if i18n.language() == "en" else portuguese


def visit_shell(**changes: object) -> ShellState:
    """The frame around an open member."""
    state = ShellState(
        programme="Clube Jatobá",
        place_line=say("Pinheiros · Caixa 02", "Pinheiros · Till 02"),
        pill=Pill(say("Sincronizado", "Up to date")),
        operator=Operator("JP", "Joana Prado", say("Caixa", "Cashier")),
        badges=(Badge("pickups", "2"),),
        keys=VISIT_KEYS,
        hot_key=10,
    )
    return replace(state, **changes)


def offline_shell() -> ShellState:
    """The frame without a connection."""
    return visit_shell(
        pill=Pill(say("Sem conexão · 7 na fila", "Offline · 7 waiting"), "warn", "wifi-off"),
        strip=Strip(
            say(
                "Sem conexão desde 10:02. Pode atender normalmente: tudo será enviado depois.",
                "Offline since 10:02. Serve as usual: everything will be sent later.",
            ),
            say("Cadastro de membros de hoje, 09:58", "Member list of today, 09:58"),
        ),
        badges=(Badge("pickups", "2"), Badge("pending", "7", "warn")),
    )


def marina() -> MemberCardState:
    return MemberCardState(
        initials="MA",
        name="Marina Alves",
        contact="(11) 9••••-4417 · CPF •••.917-••",
        contact_short="(11) 9••••-4417",
        tier="gold",
        tier_name=say("Ouro", "Gold"),
        since=say("Membro desde 2023", "Member since 2023"),
        balance_label=say("Saldo", "Balance"),
        balance=number(2480),
        next_reward=NextReward(
            say("Vale R$\u00a050", "R$\u00a050 off"), say("faltam 520", "520 to go"), 0.826
        ),
        attention=(
            Attention(
                "clock",
                "warn",
                say("320 pontos expiram", "320 points expire"),
                say("em 30 de novembro", "on 30 November"),
            ),
            Attention(
                "cake",
                "gold",
                say("Aniversário na terça", "Birthday on Tuesday"),
                say("Fatia de bolo já liberada", "Slice of cake is ready"),
            ),
            Attention(
                "package",
                "plain",
                say("1 prêmio para retirar", "1 reward to collect"),
                say("Ecobag Jatobá · balcão", "Jatobá tote · counter"),
            ),
        ),
        movements=(
            Movement("19/11", say("Ecobag Jatobá", "Jatobá tote"), signed(-900)),
            Movement("17/11", _purchase(21400), signed(321), True),
            Movement("14/11", _purchase(6290), signed(93), True),
            Movement("10/11", say("Missão da semana", "Mission of the week"), signed(100), True),
        ),
        movements_total=say("148 no total", "148 in all"),
    )


def marina_offline() -> MemberCardState:
    return replace(
        marina(),
        balance_label=say("Saldo (pode ter mudado)", "Balance (may have changed)"),
        offline_limit=say("600 pts", "600 pts"),
        attention=(
            Attention(
                "history",
                "plain",
                say("Saldo das 09:58", "Balance as of 09:58"),
                say("Última atualização desta ficha", "Last update of this member"),
            ),
        ),
    )


def _purchase(centavos: int) -> str:
    return say(f"Compra de {money(centavos)}", f"Purchase of {money(centavos)}")


def purchase(unit: str = "") -> AmountState:
    return AmountState(
        centavos=8640,
        points=signed(153),
        unit=unit or say("pontos", "points"),
        explanation=say(
            "86 compra + 43 Ouro + 24 cafés em dobro", "86 purchase + 43 Gold + 24 double coffee"
        ),
    )


_REWARDS = (
    ("coffee", "Café grande", "Large coffee", 180, "coffee", "", ""),
    ("toast", "Pão na chapa", "Buttered toast", 150, "croissant", "", ""),
    ("brownie", "Brownie", "Brownie", 320, "cookie", "", ""),
    ("ten", "Vale R$\u00a010", "R$\u00a010 off", 400, "ticket-percent", "", ""),
    ("tote", "Ecobag Jatobá", "Jatobá tote", 900, "shopping-bag", "", ""),
    ("basket", "Cesta de café", "Coffee basket", 2400, "gift", "", ""),
    ("oil", "Azeite 500 ml", "Olive oil 500 ml", 1900, "milk", "Sem estoque", "Out of stock"),
    (
        "fifty",
        "Vale R$\u00a050",
        "R$\u00a050 off",
        3000,
        "ticket-percent",
        "Faltam 520",
        "520 to go",
    ),
    ("flask", "Garrafa térmica", "Flask", 3600, "wine", "Faltam 1.120", "1,120 to go"),
)


def tiles(selected: str = "", offline: bool = False) -> tuple[RewardTile, ...]:
    """The nine rewards of the story."""
    found = []
    for at, (key, pt, en, cost, icon, reason_pt, reason_en) in enumerate(_REWARDS, start=1):
        reason = say(reason_pt, reason_en)
        if offline and not reason and cost > 600:
            reason = say("Com conexão", "Online only")
        found.append(
            RewardTile(
                reward=key,
                name=say(pt, en),
                cost=number(cost),
                icon=icon,
                number="" if reason else str(at),
                reason=reason,
                place=say("Só no caixa", "At the till"),
                is_selected=key == selected,
            )
        )
    return tuple(found)


def offers() -> tuple[Offer, ...]:
    return (
        Offer(
            "cake",
            "cake",
            "gold",
            say("Fatia de bolo", "Slice of cake"),
            say("De aniversário", "For the birthday"),
            say("Usar", "Use"),
        ),
        Offer(
            "visits",
            "target",
            "plain",
            say("3 visitas na semana", "3 visits in a week"),
            say("Falta 1 · ganha 100 pontos", "1 to go · earns 100 points"),
            share=0.66,
        ),
    )


def summary() -> SummaryState:
    return SummaryState(
        rows=(
            Row(_purchase(8640), signed(153), "ok"),
            Row(say("Nenhum resgate", "No redemption"), "0", "ink3", strong=False),
        ),
        new_balance=number(2633),
        act=say("Creditar 153", "Add 153"),
        foot=say(
            "Ou leia o próximo QR: este fica em espera", "Or scan the next QR: this one waits"
        ),
    )


def visit_state() -> VisitState:
    """Screen 02 (and 13): the member open, an amount from a receipt."""
    return VisitState(
        member=marina(),
        amount=purchase(),
        rewards=RewardsState(tiles(), affordable=6),
        summary=summary(),
        offers_title=say("Para Marina hoje", "For Marina today"),
        offers=offers(),
    )


def confirm() -> ConfirmState:
    return ConfirmState(
        icon="ticket-percent",
        name=say("Vale R$\u00a010", "R$\u00a010 off"),
        terms=say("Desconto no caixa · vale só hoje", "Off at the till · today only"),
        quantity=say("1 unidade", "1 unit"),
        can_less=True,
        can_more=True,
        rows=(
            Row(say("Saldo agora", "Balance now"), number(2480), strong=False),
            Row(_purchase(8640), signed(153), "ok"),
            Row(say("Vale R$\u00a010", "R$\u00a010 off"), signed(-400)),
        ),
        remains=number(2233),
        proof=Proof(
            say("Marina confirmou pelo celular", "Marina agreed on her phone"),
            say("QR lido às 09:41", "QR scanned at 09:41"),
        ),
        act=say("Resgatar e concluir", "Redeem and finish"),
        foot=say("Você tem 15 s para desfazer", "You have 15 s to undo"),
    )


def confirm_visit() -> VisitState:
    """Screen 03: a reward chosen, the redemption to be confirmed."""
    return replace(
        visit_state(),
        rewards=RewardsState(tiles("ten"), affordable=6, is_choosing=True),
        panel=confirm(),
    )


def _record(who: str, what: str, points: int, time: str) -> TrayRow:
    tone = "ok" if points > 0 else "ink"
    return TrayRow(
        f"{who}-{time}", who, what, signed(points), time, tone, status=say("Na fila", "Waiting")
    )


def tray() -> TrayState:
    new = say("Novo membro", "New member")
    return TrayState(
        intro=say(
            "7 registros salvos neste caixa. Nada se perde.",
            "7 records kept on this till. Nothing is lost.",
        ),
        rows=(
            _record("Marina Alves", _purchase(8640), 153, "10:21"),
            _record("Caio Nogueira", _purchase(4200), 42, "10:17"),
            _record("Luan Barreto", say("Café grande", "Large coffee"), -180, "10:12"),
            _record("Teresa Okamoto", new, 50, "10:09"),
            _record("Bruno Lima", _purchase(1850), 18, "10:06"),
            _record("Dona Rute Sampaio", _purchase(3300), 49, "10:04"),
        ),
        total=6,
        needs=NeedsYou(
            "receipt-009377",
            say("1 precisa de você", "1 needs you"),
            say(
                "A nota 009.377 já tinha pontuado em Moema. Os 96 pontos não entraram.",
                "Receipt 009.377 had already earned in Moema. The 96 points were not added.",
            ),
            (
                Action("detail", say("Ver detalhe", "See detail")),
                Action("archive", say("Arquivar", "Archive")),
            ),
        ),
        retry=say("Tentar agora", "Try now"),
        foot=say("Nova tentativa em 18 s", "Next try in 18 s"),
    )


def offline_visit() -> VisitState:
    """Screen 04: no connection, the tray open."""
    return replace(
        visit_state(),
        member=marina_offline(),
        amount=purchase(say("pontos previstos", "expected points")),
        rewards=RewardsState(
            tiles(offline=True), affordable=4, limit=say("Até 600 pts", "Up to 600 pts")
        ),
        panel=tray(),
    )


def blocked_visit() -> VisitState:
    """A blocked member: the purchase is kept, nothing can be concluded."""
    return replace(
        visit_state(),
        member=replace(
            marina(),
            blocked=say("Bloqueado", "Blocked"),
            next_reward=None,
            can_see_statement=False,
            can_print=False,
        ),
        amount=AmountState(
            centavos=4200,
            notice=AmountNotice(
                say("Cadastro bloqueado. Chame o gerente.", "Account blocked. Call the manager."),
                "bad",
                say("Chamar", "Call"),
            ),
            locked=say("Espera o gerente", "Waits for the manager"),
        ),
        summary=replace(summary(), can_act=False),
    )


def asking_visit() -> VisitState:
    """The leader's PIN asked for in the button's place, after a wrong one."""
    return replace(
        visit_state(),
        summary=replace(
            summary(),
            new_balance_changed=True,
            proof=Proof(
                say("O saldo mudou agora. Confira.", "The balance just changed. Check it."),
                tone="warn",
                icon="triangle-alert",
            ),
            ask=Ask(
                say("PIN do líder", "Leader PIN"),
                say("ou leia o crachá", "or scan the badge"),
                error=say("PIN não confere. Restam 4.", "Wrong PIN. 4 left."),
            ),
        ),
    )


def refused_visit() -> VisitState:
    """F10 with nothing entered, without connection: two lines say what is missing."""
    return replace(
        visit_state(),
        member=marina_offline(),
        amount=AmountState(),
        rewards=RewardsState(
            tiles(offline=True), affordable=4, limit=say("Até 600 pts", "Up to 600 pts")
        ),
        summary=replace(
            summary(),
            proof=Proof(
                say("Atendimento não registrado", "Visit not recorded"),
                say("Digite um valor ou escolha um prêmio.", "Type an amount or choose a reward."),
                tone="bad",
                icon="circle-alert",
            ),
            act=say("Concluir", "Finish"),
            can_act=False,
        ),
    )


def unknown_visit() -> VisitState:
    """A genuine card whose member is not on this till: there are no rewards to show."""
    words = say(
        "Os prêmios aparecem quando o membro estiver neste caixa.",
        "The rewards appear when this member is on the till.",
    )
    return replace(visit_state(), offers=(), rewards=RewardsState((), empty=words))


def parked_shell() -> ShellState:
    """Two visits on hold."""
    return visit_shell(
        parked=(
            Parked("a", say("Em espera · Marina", "On hold · Marina")),
            Parked("b", say("Em espera · Caio", "On hold · Caio")),
        )
    )


def receipt_visit() -> VisitState:
    """A receipt is in, with the longest number that one can have."""
    amount = replace(purchase(), receipt=say("Nota 999999999", "Receipt 999999999"))
    return replace(visit_state(), amount=amount)


def receipt_confirmed() -> VisitState:
    """A receipt is in, and a redemption to be confirmed."""
    return replace(confirm_visit(), amount=receipt_visit().amount)


def receipt_out() -> VisitState:
    """The receipt was taken out, and its amount with it."""
    words = say("Nota retirada. Digite o valor.", "Receipt taken out. Type the amount.")
    return replace(visit_state(), amount=AmountState(notice=AmountNotice(words, "plain")))


def unreadable_amount() -> VisitState:
    """What was pasted is no amount; the receipt that stood there stays."""
    words = say("Digite o valor, até 8 dígitos.", "Type the amount, up to 8 digits.")
    amount = replace(receipt_visit().amount, notice=AmountNotice(words, "warn"))
    return replace(visit_state(), amount=amount)


def helped_visit() -> VisitState:
    """F1 was pressed: the longest sentence that is said beside the amount."""
    words = say(
        "F2 busca · F3 cadastra · F4 valor · F5 prêmios · F8 desfaz · F10 conclui · Esc volta",
        "F2 search · F3 enrol · F4 amount · F5 rewards · F8 undo · F10 finish · Esc back",
    )
    amount = replace(receipt_visit().amount, notice=AmountNotice(words, "plain"))
    return replace(visit_state(), amount=amount)


def helped_beside_panel() -> VisitState:
    """F1 was pressed over a confirmation."""
    return replace(confirm_visit(), amount=helped_visit().amount)


def refused_receipt() -> VisitState:
    """A long refusal, while the receipt that was in stays."""
    words = say(
        "A chave da nota tem um número errado. Leia ou digite de novo.",
        "The receipt's key has a wrong digit. Scan or type it again.",
    )
    amount = replace(receipt_visit().amount, notice=AmountNotice(words, "bad"))
    return replace(visit_state(), amount=amount)


def crowded_shell() -> ShellState:
    """No connection, and two visits on hold."""
    return replace(offline_shell(), parked=parked_shell().parked)


def every_reward(visit: VisitState) -> VisitState:
    """The filter "Todos" is chosen: at 1024 pixels the rewards stand on two pages."""
    return replace(visit, rewards=replace(visit.rewards, filter="all"))


def every_reward_beside_tray() -> VisitState:
    """The filter "Todos" is chosen, and the tray is open beside it."""
    return every_reward(replace(visit_state(), panel=tray()))


STORIES = {
    "02-membro-aberto": (visit_shell, visit_state),
    "03-confirmar-resgate": (visit_shell, confirm_visit),
    "04-sem-conexao": (offline_shell, offline_visit),
    "bloqueado": (visit_shell, blocked_visit),
    "pergunta": (parked_shell, asking_visit),
    "recusado": (offline_shell, refused_visit),
    "resgate sem conexão": (offline_shell, confirm_visit),
    "desconhecido": (parked_shell, unknown_visit),
    "nota": (visit_shell, receipt_visit),
    "nota e resgate": (visit_shell, receipt_confirmed),
    "nota retirada": (visit_shell, receipt_out),
    "valor ilegível": (visit_shell, unreadable_amount),
    "ajuda": (visit_shell, helped_visit),
    "ajuda e resgate": (parked_shell, helped_beside_panel),
    "nota recusada": (parked_shell, refused_receipt),
    "todos": (parked_shell, lambda: every_reward(visit_state())),
    "todos e fila": (parked_shell, every_reward_beside_tray),
    "todos e resgate": (parked_shell, lambda: every_reward(confirm_visit())),
    "todos sem conexão": (crowded_shell, lambda: every_reward(refused_visit())),
}

# The least height there is: at 200 % the tray has less room than its words need.
CROWDED = {
    "todos e fila, tudo aberto": (crowded_shell, every_reward_beside_tray),
    "todos, sem conexão e fila": (crowded_shell, lambda: every_reward(offline_visit())),
}


def story(name: str) -> Shell:
    """A shell that shows one story, not yet sized or shown."""
    frame, state = {**STORIES, **CROWDED}[name]
    shell, page = Shell(), VisitPage()
    shell.add_page("visit", page)
    shell.draw(frame())
    page.draw(state())
    shell.show_page("visit")
    return shell
