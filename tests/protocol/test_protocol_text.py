"""PROTOCOL.md says what the code does: its vectors, its fields, its refusals.

The messages stand in the text exactly as they are written here from the code; when one of them
grows, the failing test shows the block to put in.
"""

import ast
import base64
import dataclasses
import hashlib
import json
import re
import textwrap
import types
import typing
from pathlib import Path

import msgspec
import pytest

from sync.programme import document, member_token, voucher_token
from sync.programme.refusals import Reason, Refused
from sync.protocol import chain, codec, events, identifiers, messages, pin, signing, tally
from sync.server.api.openapi import description
from sync.server.api.problems import problem_of

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "PROTOCOL.md").read_text(encoding="utf-8")
SQUEEZED = re.sub(r"\s", "", TEXT)
BYTES = json.loads((ROOT / "tests/data/wire/bytes-1.json").read_text(encoding="utf-8"))
LONGEST_LINE, MOST_LINES = 100, 600

ON_THE_WIRE = [
    kind
    for room in (messages, events)
    for name, kind in vars(room).items()
    if isinstance(kind, type)
    and issubclass(kind, msgspec.Struct)
    and not name.startswith("_")
    and kind.__module__ == room.__name__
]
IN_THE_DOCUMENT = [
    kind
    for kind in vars(document).values()
    if dataclasses.is_dataclass(kind) and kind.__module__ == document.__name__
]


def is_printed(value):
    """Say whether a value stands in the text, in however many lines."""
    return re.sub(r"\s", "", value) in SQUEEZED


def section(title):
    """The text below a heading, up to the next one."""
    found = re.search(rf"^## [0-9]+\. {title}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


# --- Shape of messages ---------------------------------------------------------------------------

NAMED = {events.Points: "points", events.Whole: "whole"}
PATTERNS = {
    "^[0-9a-f]{32}$": "hex32",
    "^[0-9a-f]{16}$": "hex16",
    "^[0-9a-f]{64}$": "hex64",
    "^([0-9a-f]{16})?$": "hex16",
    "^([0-9a-f]{32})?$": "hex32",
}


def spelt(kind):
    """How a type is written in PROTOCOL.md."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind in NAMED:
        return NAMED[kind]
    if origin is typing.Annotated:
        [meta] = kind.__metadata__
        return PATTERNS[meta.pattern] if meta.pattern else f"{meta.ge}..{meta.le}"
    if origin is typing.Literal:
        return "|".join(inner)
    if origin is tuple and inner[-1] is Ellipsis:
        return f"{spelt(inner[0])}[]"
    if origin is tuple:
        return f"({', '.join(map(spelt, inner))})"
    if origin is dict:
        return f"{{{spelt(inner[0])}: {spelt(inner[1])}}}"
    if origin in (typing.Union, types.UnionType):
        return "|".join("null" if one is type(None) else spelt(one) for one in inner)
    return kind.__name__


def field_of(name, kind, default, is_missing):
    said = f"{name}: {spelt(kind)}".replace(" ", "\0")  # one field stays on one line
    if is_missing:
        return said
    value = "default" if dataclasses.is_dataclass(default) else json.dumps(default)
    return f"{said}\0=\0{value}".replace(" ", "\0")


def block(head, fields, brackets):
    opening, closing = brackets
    said = f"{head} {opening} ".replace(" ", "\0") + ", ".join(fields) + f"\0{closing}"
    lines = textwrap.wrap(
        said,
        LONGEST_LINE,
        initial_indent=" " * 4,
        subsequent_indent=" " * 6,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace("\0", " ")


def block_of(kind):
    """What PROTOCOL.md says of a message, an event or a part of the document."""
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        fields = [
            field_of(one.name, hints[one.name], one.default, one.default is dataclasses.MISSING)
            for one in dataclasses.fields(kind)
        ]
        return block(kind.__name__, fields, "{}")
    config = kind.__struct_config__
    fields = [
        field_of(
            one.name,
            one.type,
            () if one.default is msgspec.NODEFAULT and not one.required else one.default,
            one.required,
        )
        if one.default_factory is msgspec.NODEFAULT
        else field_of(one.name, one.type, one.default_factory(), False)
        for one in msgspec.structs.fields(kind)
    ]
    if issubclass(kind, events.Event) and kind is not events.Event:
        own = len(msgspec.structs.fields(events.Event))
        return block(f'{kind.__name__} "{config.tag}"', ["…Event", *fields[own:]], "{}")
    return block(kind.__name__, fields, "[]" if config.array_like else "{}")


@pytest.mark.parametrize("kind", [*ON_THE_WIRE, *IN_THE_DOCUMENT], ids=lambda kind: kind.__name__)
def test_every_message_stands_in_the_text_with_all_its_fields_and_defaults(kind):
    assert block_of(kind) in TEXT, block_of(kind)


def test_an_event_says_its_kind_first_and_then_its_fields_in_the_order_of_the_text():
    body = base64.b64decode(BYTES["batch"]).split(b"\n")[1]

    said = ["kind", *events.AccrualEvent.__struct_fields__]
    assert list(json.loads(body)) == said
    ours = list(json.loads(events.encode(events.decode(body))))
    assert ours == [name for name in said if name in ours]


# --- Refusals ------------------------------------------------------------------------------------

SPEAKING_ROOMS = ("sync/protocol", "sync/server/api", "sync/server/office")
# Said on the server to people: at its pages, its console, when it reads its own files.
NOT_TO_TERMINALS = {
    Reason.ALREADY_RUNNING,
    Reason.DATABASE_DAMAGED,
    Reason.DATABASE_KEY_MISSING,
    Reason.DATABASE_KEY_WRONG,
    Reason.DATABASE_NEWER,
    Reason.DISK_FULL,
}


def said_by_the_server():
    said = set()
    for path in (path for room in SPEAKING_ROOMS for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "Reason":
                said.add(Reason[node.attr])
    return said - NOT_TO_TERMINALS


def rows_of(title):
    """The rows of a section's tables whose first cell is a code: code, and the second cell."""
    return re.findall(r"^\| `([a-z_]+)` \| ([^|]+?) \|", section(title), re.MULTILINE)


def test_every_reason_of_the_server_is_a_refusal_or_a_result_in_the_text():
    told = {code for title in ("Refusals", "Results of events") for code, _ in rows_of(title)}

    assert sorted(reason.value for reason in said_by_the_server() if reason.value not in told) == []


def test_every_reason_there_is_stands_in_the_text():
    assert [reason.value for reason in Reason if f"`{reason.value}`" not in TEXT] == []


def test_every_refusal_in_the_text_has_the_status_that_the_server_answers_with():
    said = {code: status for code, status in rows_of("Refusals")}

    assert said == {code: str(problem_of(Refused(Reason(code))).status) for code in said}


def test_every_path_of_the_interface_stands_in_the_text():
    assert [path for path in description()["paths"] if f"`{path}`" not in TEXT] == []


# --- Vectors -------------------------------------------------------------------------------------


def test_the_first_hash_and_the_hash_of_the_first_event_are_those_of_the_code():
    batch = chain.open_batch(base64.b64decode(BYTES["batch"]))
    key = bytes.fromhex(BYTES["terminal_key"])
    first = chain.first_hash(terminal=3, incarnation=1, public_key=key)

    assert batch.previous == first
    assert is_printed(BYTES["terminal_key"])
    assert is_printed(first.hex())
    assert is_printed(batch.bodies[0].decode())
    assert is_printed(chain.next_hash(first, batch.bodies[0]).hex())


def test_the_batch_header_is_that_of_the_recorded_batch():
    body = base64.b64decode(BYTES["batch"])
    line = body.split(b"\n")[0].decode()
    batch = chain.open_batch(body)

    chain.check_batch(batch, bytes.fromhex(BYTES["terminal_key"]))
    assert is_printed(line)
    assert is_printed(base64.urlsafe_b64decode(line + "=" * (-len(line) % 4)).hex())


def test_the_signed_request_and_its_answer_hold():
    request, answer = BYTES["request"], BYTES["answer"]
    body = base64.b64decode(BYTES["packed_batch"])

    signing.check_request(
        bytes.fromhex(BYTES["terminal_key"]),
        headers={name.lower(): value for name, value in request["headers"].items()},
        method=request["method"],
        target=request["target"],
        body=body,
        now=request["now"],
    )
    assert is_printed(
        f"{request['method']} {request['target']} {request['now']} "
        f"{hashlib.sha256(body).hexdigest()} {request['headers'][signing.INCARNATION]}"
    )
    for name, value in request["headers"].items():
        assert is_printed(f"{name}: {value}")
    assert is_printed(BYTES["server_key"])
    assert is_printed(f"{signing.SERVER_SIGNATURE}: {answer['signature']}")
    signing.check_answer(
        bytes.fromhex(BYTES["server_key"]),
        signature=answer["signature"],
        request_signature=request["headers"][signing.SIGNATURE],
        body=answer["body"].encode(),
    )


def test_the_acknowledgement_and_the_grant_have_the_bytes_in_the_text():
    ack = BYTES["acknowledgement"]
    numbers = {name: ack[name] for name in ("terminal", "incarnation", "epoch", "seq")}
    part = signing.ack_part(**numbers, head=bytes.fromhex(ack["head"]))
    granted = signing.grant_part(
        terminal=3,
        incarnation=1,
        epoch=2,
        lease=bytes.fromhex("ab" * 16),
        member=7,
        amount=900,
        granted_at=1_795_269_600_000,
        stops_at=1_795_528_800_000,
    )

    assert is_printed(part.hex())
    assert is_printed(ack["signature"])
    assert is_printed(granted.hex())


@pytest.mark.parametrize(
    ("name", "module"),
    [("member_tokens", member_token), ("voucher_tokens", voucher_token)],
)
def test_the_digits_of_codes_are_those_of_the_vectors(name, module):
    kept = json.loads((ROOT / f"tests/data/{name}.json").read_text(encoding="utf-8"))
    vector = kept["vectors"][0]
    layout = module.LAYOUT
    signed = layout.from_digits(layout.digits_of(vector["digits"]))

    assert is_printed(vector["digits"])
    assert is_printed(vector["payload"])
    assert is_printed(kept["public_key"])
    assert signed.hex().startswith(vector["payload"])
    assert layout.to_digits(signed) == vector["digits"]


def test_hashes_of_numbers_pins_and_copies_are_those_of_the_code():
    recorded = (ROOT / "tests/data/wire/messages-1.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in recorded.splitlines()]
    row = next(line["body"] for line in lines if line["message"] == "MemberRow")
    member = codec.decode(json.dumps(row).encode(), messages.MemberRow)

    assert is_printed(f"{identifiers.identifier_hash(bytes(32), 'cpf', '52998224725')}")
    assert is_printed(pin.derive("1234", bytes(range(16))).hex())
    assert is_printed(events.sealed_hash(bytes(32), b'{"name":"Ana","phone":"11982144417"}'))
    assert is_printed(f"sum {tally.tally_of([member]).sum}")


def test_the_text_keeps_its_measure():
    lines = TEXT.splitlines()

    assert [line for line in lines if len(line) > LONGEST_LINE] == []
    assert len(lines) <= MOST_LINES
