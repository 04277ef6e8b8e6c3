"""What a code reader meant, when it types as a US keyboard into a computer set to another layout.

Guarantees two ways back: from the physical keys, which holds for every layout, and, where those are
unknown, from the characters of the Brazilian ABNT2 layout. Both leave digits and plain letters as
they are. The characters whose keys are dead in ABNT2 (`[ { ' " ^`) arrive as nothing and are lost
to the second way.
"""

_ABNT2_TO_US = str.maketrans(
    {
        "Ç": ":",
        "ç": ";",
        ";": "/",
        ":": "?",
        "}": "|",
        "{": "}",
        "[": "]",
        "]": "\\",
        "\\": "<",
        "|": ">",
        "'": "`",
        '"': "~",
    }
)

# The rows of a US keyboard, each from its first key code (Linux input-event-codes.h; PC scan
# code set 1 has the same numbers): without Shift, with Shift.
_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
)
_PLAIN = {first + i: c for first, plain, _ in _ROWS for i, c in enumerate(plain)}
_SHIFTED = {first + i: c for first, _, shifted in _ROWS for i, c in enumerate(shifted)}


def abnt2_to_us(text: str) -> str:
    """What a US reader meant by the characters an ABNT2 computer showed."""
    return text.translate(_ABNT2_TO_US)


def us_character(key_code: int, shift: bool) -> str | None:
    """The character of a physical key on a US keyboard, None for a key without one.

    `key_code` is that of Linux or of PC scan code set 1, which agree on these keys.
    """
    return (_SHIFTED if shift else _PLAIN).get(key_code)
