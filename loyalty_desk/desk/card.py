"""Card: a member's card as files to print or send, PNG for the phone and PDF for the printer."""

import re
from dataclasses import dataclass
from pathlib import Path

from loyalty_desk.desk.counter import Counter
from loyalty_desk.desk.identify import OpenMember
from loyalty_desk.devices.member_card import CardFace, card_pdf, card_png
from sync.paths import resources
from sync.programme.members import folded
from sync.protocol.messages import MemberCard


@dataclass(frozen=True, slots=True)
class CardFiles:
    """Where a card was written."""

    png: Path
    pdf: Path


def write_card(
    counter: Counter, member: OpenMember, card: MemberCard, folder: Path, *, hint: str
) -> CardFiles:
    """Write a member's card into `folder`, over an older one; raises OSError when it cannot."""
    name = member.row.name if member.row is not None else ""
    face = CardFace(
        token=card.token,
        club_name=counter.document().name,
        member_name=name,
        number=_spaced(str(int(card.card, 16))),
        hint=hint,
    )
    fonts = resources() / "fonts"
    stem = re.sub(r"[^a-z0-9]+", "-", folded(name)).strip("-") or card.card
    files = CardFiles(png=folder / f"{stem}.png", pdf=folder / f"{stem}.pdf")
    folder.mkdir(parents=True, exist_ok=True)
    files.png.write_bytes(card_png(face, fonts))
    files.pdf.write_bytes(card_pdf(face, fonts))
    return files


def _spaced(digits: str) -> str:
    """A number in groups of four, to be read out."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
