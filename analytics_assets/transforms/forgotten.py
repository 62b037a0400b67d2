"""Forgotten users: which rows are theirs, by digests of their ids.

Belongs here: the digest of an id, and where an id stands in a text. Does not: the table of tombstones
(layers/tombstones.py), taking rows out of tables (layers/forgetting.py).

A row whose user is known is compared by that. A rejected row may have no user: each word of its text is compared. A
word is a run of letters, digits, _ and of the signs that the id itself has; so u1 stands in `u1,view` and in `"u1"`,
not in `u12`, and a-b not in `a-b-c`. Blanks end a word: an id with one is found as a field, or a value, of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import pyspark.sql.functions as F
from pyspark.sql import Column

from analytics_assets.transforms.fields import QUOTE, field_text, split_fields

OF_WORDS = r"\p{L}\p{N}_"
NO_SIGN = re.compile(r"[\w\s]")


@dataclass(frozen=True)
class Tombstone:
    """What is kept of a user who was forgotten. signs: of the id, without letters, digits, _ and blanks."""

    digest: str
    salt: str
    signs: str


def tombstone(user: str, salt: str) -> Tombstone:
    """The tombstone of a user."""
    digest = hashlib.sha256(f"{salt}{user}".encode()).hexdigest()
    return Tombstone(digest, salt, "".join(sorted({sign for sign in user if not NO_SIGN.match(sign)})))


def names(tombstones: Sequence[Tombstone], user: Column) -> Column:
    """Whether a user is one who was forgotten; false where the user is null."""
    by_salt: dict[str, list[str]] = {}
    for stone in tombstones:
        by_salt.setdefault(stone.salt, []).append(stone.digest)
    found = [F.sha2(F.concat(F.lit(salt), user), 256).isin(*digests) for salt, digests in sorted(by_salt.items())]
    return F.coalesce(reduce(or_, found), F.lit(False))


def stand_in(tombstones: Sequence[Tombstone], text: Column, sep: str | None) -> Column:
    """Whether a word of a text, or a field of it as a whole, is the id of a user who was forgotten; false for null.

    sep: of fields in lines; None where a text is a JSON object, whose values then count as fields.
    """
    by_signs: dict[str, list[Tombstone]] = {}
    for stone in tombstones:
        by_signs.setdefault(stone.signs, []).append(stone)
    found = [_any(_words(text, signs), stones) for signs, stones in sorted(by_signs.items())]
    if sep is None:
        found.append(_any(F.map_values(F.from_json(text, "map<string,string>")), tombstones))
    else:
        fields = split_fields(text, sep, text.contains(QUOTE))
        found.append(_any(F.transform(fields, lambda field: field_text(field, True)), tombstones))
    return reduce(or_, found)


def _any(words: Column, tombstones: Sequence[Tombstone]) -> Column:
    named: Callable[[Column], Column] = lambda word: names(tombstones, word)  # noqa: E731
    return F.coalesce(F.exists(words, named), F.lit(False))


def _words(text: Column, signs: str) -> Column:
    own = "".join(f"\\{sign}" for sign in signs)
    runs = F.split(text, f"[^{OF_WORDS}{own}]+", -1)
    if not signs:
        return runs
    # A sign may end a sentence: it is of the id only where the id has it there.
    return F.concat(runs, F.transform(runs, lambda run: F.regexp_replace(run, f"^[{own}]+|[{own}]+\\z", "")))
