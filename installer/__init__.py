"""The installer: from a bare checkout to an open desk or a finished test run.

Guarantees: what `python3 -m installer` does needs the standard library alone; it changes nothing
outside the checkout except system packages that are missing (and those only as root); and what it
installs is exactly what the lock files name, hash for hash. Nothing in the programme imports it.
"""

import sys

# Written so that an older Python still reads it and can say what is wrong.
if not 0x030B0000 <= sys.hexversion < 0x030F0000:
    raise SystemExit("Loyalty Desk needs Python 3.11 to 3.14; this is " + sys.version.split()[0])
