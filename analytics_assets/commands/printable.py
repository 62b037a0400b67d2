"""Text that others wrote, for a terminal: no sign of it moves the cursor, colours or hides anything.

Belongs here: nothing but that. Does not: what is said (the other modules of this package).
"""

from __future__ import annotations

LONGEST, LONGEST_LINE = 240, 2_000


def printable(text: str, most: int = LONGEST) -> str:
    """Text with what does not print spelled out, and cut where it is long."""
    shown = text if len(text) <= most else f"{text[:most]}\u2026"
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in shown)
