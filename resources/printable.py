"""Printable: a text that landed, as one line that a terminal and a page show as it is.

Belongs here: spelling out what does not print, cutting what is long. Does not: HTML (reports/), markup of a terminal.
"""

from __future__ import annotations

import json

LONGEST, LONGEST_LINE = 240, 2_000


def printable(text: str, longest: int = LONGEST) -> str:
    """One printable line: no sign of it moves a cursor, colours or hides anything. What is long is cut, and says so."""
    shown = "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text[:longest])
    # DEL is the one sign that JSON writes as it is.
    shown = shown.replace("\x7f", "\\u007f")
    return shown + (f"\u2026 ({len(text):,} characters)" if len(text) > longest else "")
