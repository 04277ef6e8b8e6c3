"""Pages of an encrypted database, opened and sealed one by one, as its library would.

So that a bit can be changed below the encryption, where no page's check value shows it: what a
fault in memory does before a page is written. Format: SQLCipher 4 with a raw key; a page ends in 16
bytes of IV and 64 of HMAC-SHA512 over box, IV and page number; the first begins with the salt.
"""

import hashlib
import hmac
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PAGE, SALT, IV, MAC = 4_096, 16, 16, 64
PLAIN = PAGE - IV - MAC


class Pages:
    """The pages of a closed file."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        self._body = bytearray(path.read_bytes())
        salt = bytes(byte ^ 0x3A for byte in self._body[:SALT])
        self._mac_key = hashlib.pbkdf2_hmac("sha512", key, salt, 2, 32)
        self.count = len(self._body) // PAGE

    def flip(self, number: int, bit: int) -> None:
        """Change one bit of the page `number`, counted from 1, and seal it again."""
        start, first, iv = self._place(number)
        plain = bytearray(self.plain(number))
        plain[bit // 8 % len(plain)] ^= 1 << bit % 8
        sealing = Cipher(algorithms.AES256(self._key), modes.CBC(iv)).encryptor()
        box = sealing.update(bytes(plain)) + sealing.finalize()
        self._body[first : start + PAGE] = box + iv + self._mac(box + iv, number)
        self._path.write_bytes(self._body)

    def plain(self, number: int) -> bytes:
        """Return what the page `number` holds; of the first, what comes behind the salt."""
        start, first, iv = self._place(number)
        box = bytes(self._body[first : start + PLAIN])
        assert self._mac(box + iv, number) == self._body[start + PLAIN + IV : start + PAGE]
        opening = Cipher(algorithms.AES256(self._key), modes.CBC(iv)).decryptor()
        return opening.update(box) + opening.finalize()

    def _place(self, number: int) -> tuple[int, int, bytes]:
        """Where a page begins, where its box does, and its IV."""
        start = (number - 1) * PAGE
        iv = bytes(self._body[start + PLAIN : start + PLAIN + IV])
        return start, start + (SALT if number == 1 else 0), iv

    def _mac(self, sealed: bytes, number: int) -> bytes:
        return hmac.digest(self._mac_key, sealed + number.to_bytes(4, "little"), "sha512")
