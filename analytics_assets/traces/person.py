"""A person: in which forms an id is written, and where it stands in a text.

Belongs here: telling an id from longer words and from numbers. Does not: files (files.py), the digest by which rows
that land are told (transforms/forgotten.py), whose notion of a word this shares.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from analytics_assets.transforms.forgotten import tombstone

NOT_UTF8 = "surrogateescape"
WITHHELD = "*"


@dataclass(frozen=True)
class Person:
    """An id. columns: names of columns, and of keys, under which users' ids stand.

    An id of digits alone is like any other number: it is certain only where such a name stands before it.
    """

    id: str
    columns: frozenset[str]

    @property
    def is_number(self) -> bool:
        """Whether the id cannot be told from a number."""
        return self.id.isdigit()

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """The id as it stands in texts, in JSON, in pages, and in session ids and addresses."""
        of_session = self.id.replace("%", "%25").replace("|", "%7C").replace("#", "%23")
        in_json = [json.dumps(self.id, ensure_ascii=is_plain)[1:-1] for is_plain in (False, True)]
        return tuple(dict.fromkeys([self.id, *in_json, html.escape(self.id), quote(self.id, safe=""), of_session]))

    def certain(self, text: str) -> list[tuple[int, int]]:
        """Where in a text the id stands as a whole word, and means the person."""
        return [span for span, is_certain in self._words(text) if is_certain]

    def is_mentioned(self, text: str) -> bool:
        """Whether the id stands there as a whole word, also where it may be just a number."""
        return next(self._words(text), None) is not None

    def without(self, text: str) -> str:
        """The text with another sign in place of each sign of the id: as long in bytes as it was."""
        for begin, end in reversed(self.certain(text)):
            signs = len(text[begin:end].encode("utf-8", NOT_UTF8))
            text = text[:begin] + WITHHELD * signs + text[end:]
        return text

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern[str], re.Pattern[str]]]:
        made = []
        for form in self.forms:
            own = re.escape(tombstone(form, "").signs)
            # A word goes on with letters, digits, _ and the id's own signs; such a sign at its end may be punctuation.
            before = re.compile(rf"(?:^|[^\w{own}])[{own}]*\Z" if own else r"(?:^|\W)\Z")
            after = re.compile(rf"[{own}]*(?:$|[^\w{own}])" if own else r"(?:$|\W)")
            made.append((form, before, after))
        return made

    @cached_property
    def _named(self) -> re.Pattern[str]:
        names = "|".join(re.escape(name) for name in sorted(self.columns))
        return re.compile(rf"(?:^|\W)(?:{names})\W{{1,4}}\Z")

    def _words(self, text: str) -> Iterator[tuple[tuple[int, int], bool]]:
        for form, before, after in self._patterns:
            at = text.find(form)
            while at != -1:
                end = at + len(form)
                left = text[max(at - 100, 0) : at]
                if before.search(left) and after.match(text, end):
                    yield (at, end), not self.is_number or bool(self._named.search(left))
                at = text.find(form, end)
