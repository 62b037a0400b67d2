"""Elements of a JSON array, counted piece by piece of its text: no more than a record of it is ever held.

Belongs here: what is an array of records within the limits, and what is said of one that is none. Does not: files
(records.py). Imports nothing of this package but limits: tasks get it by value.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable

from resources.limits import DEEPEST_RECORD, LONGEST_NUMBER, LONGEST_RECORD, MOST_RECORDS

PIECE = 1 << 20
BOM = "\ufeff"
BLANKS = re.compile(r"[ \t\n\r]*")
UNTERMINATED, LONGEST_TOKEN = "Unterminated string", 16
"""What the decoder says of a text that is cut off: the first wherever it is, anything else near the cut alone."""
TOKENS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{\]}]', re.DOTALL)


class NoArray(ValueError):
    """The text is no JSON array; says what was seen."""


class TooLarge(ValueError):
    """A record is above a limit; says what was seen, and the limit."""


def count_elements(read: Callable[[int], bytes]) -> int:
    """How many elements an array in UTF-8 has. read: the next bytes of the file, so many at most.

    Raises NoArray, or TooLarge for a record that is too long, too deep or has too long a number.
    """
    text, number = _Text(read), 0
    sign = text.next()
    if sign == BOM and text.place == 0:
        text.at += 1
        sign = text.next()
    if sign != "[":
        raise NoArray(f"saw {sign!r} first, expected an array of records" if sign else "saw nothing")
    text.at += 1
    if text.next() == "]":
        text.at += 1
    else:
        while True:
            number += 1
            if number > MOST_RECORDS:
                raise TooLarge(f"saw more than {MOST_RECORDS:,} records in one array")
            _pass_element(text, number)
            sign = text.next()
            text.at += 1
            if sign == "]":
                break
            if sign != ",":
                said = repr(sign) if sign else "the end"
                raise NoArray(f"saw {said} after record {number:,}, expected a comma or the array's end")
            text.next()
    if sign := text.next():
        raise NoArray(f"saw {sign!r} after the array's end, at character {text.place + 1:,}")
    return number


class _Text:
    """The text of a file, of which a window is kept. at: the next character's place in the window."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read, self._decoder = read, codecs.getincrementaldecoder("utf-8")()
        self._octets, self._gone = 0, 0
        # Not one for the module, which tasks get by value: a decoder cannot be sent.
        self.decoder = json.JSONDecoder(parse_constant=_refuse, parse_int=_passed, parse_float=_passed)
        self.window, self.at, self.is_all = "", 0, False

    @property
    def place(self) -> int:
        """The next character's place in the file, from 0."""
        return self._gone + self.at

    def next(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            found = BLANKS.match(self.window, self.at)
            assert found is not None, "nothing is a blank, too"
            self.at = found.end()
            if self.at < len(self.window):
                return self.window[self.at]
            if not self.more():
                return ""

    def more(self) -> bool:
        """Take in more of the file, and let go of what is before `at`; whether there was more."""
        if self.is_all:
            return False
        octets = self._read(PIECE)
        self.is_all = not octets
        pending = len(self._decoder.getstate()[0])
        try:
            taken = self._decoder.decode(octets, not octets)
        except UnicodeDecodeError as error:
            raise NoArray(f"saw a byte at {self._octets - pending + error.start} that is not UTF-8") from None
        self._octets += len(octets)
        self._gone += self.at
        self.window, self.at = self.window[self.at :] + taken, 0
        return True


def _pass_element(text: _Text, number: int) -> None:
    """Go to the end of the element that begins at the next character."""
    end = _end(text, number)
    # What ends near the window's end may go on: a number, whose exponent is cut off.
    while (end is None or end > len(text.window) - LONGEST_TOKEN) and text.more():
        end = _end(text, number)
    assert end is not None, "of a text that is all there the decoder says what is wrong"
    brackets = text.window.count("[", text.at, end) + text.window.count("{", text.at, end)
    if brackets > DEEPEST_RECORD and _depth(text.window, text.at, end) > DEEPEST_RECORD:
        raise _too_deep(number)
    text.at = end


def _end(text: _Text, number: int) -> int | None:
    """Where in the window the next element ends; None where it may end behind it."""
    end = None
    try:
        _, end = text.decoder.raw_decode(text.window, text.at)
    except RecursionError:
        raise _too_deep(number) from None
    except json.JSONDecodeError as error:
        is_cut = error.msg.startswith(UNTERMINATED) or error.pos >= len(text.window) - LONGEST_TOKEN
        if text.is_all or not is_cut:
            raise NoArray(f"saw {error.msg} at character {text.place - text.at + error.pos + 1:,}") from None
    if (len(text.window) if end is None else end) - text.at > LONGEST_RECORD:
        raise TooLarge(f"saw record {number:,} above {LONGEST_RECORD:,} characters, or without an end")
    return end


def _depth(text: str, begin: int, end: int) -> int:
    depth = deepest = 0
    for found in TOKENS.finditer(text, begin, end):
        token = found.group()
        depth += (token in "[{") - (token in "]}")
        deepest = max(deepest, depth)
    return deepest


def _too_deep(number: int) -> TooLarge:
    return TooLarge(f"saw record {number:,} with more than {DEEPEST_RECORD} arrays or objects inside each other")


def _refuse(constant: str) -> None:
    raise NoArray(f"saw {constant}, which is no JSON")


def _passed(number: str) -> None:
    if len(number) > LONGEST_NUMBER:
        raise TooLarge(f"saw a number of {len(number):,} characters, expected at most {LONGEST_NUMBER:,}")
