"""Fields of a delimited line, with or without quotes.

Belongs here: splitting, quoting, and what is malformed. Does not: what the fields mean (contract.py).
The rules are RFC 4180's (doubled quotes inside a quoted field), but that a row never spans lines.
"""

from __future__ import annotations

import re

import pyspark.sql.functions as F
from pyspark.sql import Column

from analytics_assets.transforms.contract import Rule

QUOTE = '"'


def split_fields(line: Column, sep: str) -> Column:
    """The fields of a line as array<string>, quotes still around them: see `field_text`.

    Lines without a quote, nearly all, take the fast way. A malformed line (see `malformed_rules`) gives some
    array, never an error.
    """
    # The separator in front makes each match begin with one: an empty first field is a match like the rest.
    quoted = F.regexp_extract_all(F.concat(F.lit(sep), line), F.lit(f"{re.escape(sep)}({_field(sep)})"), F.lit(1))
    return F.when(has_quote(line), quoted).otherwise(F.split(line, re.escape(sep), -1))


def field_text(field: Column) -> Column:
    """The text of a field: without quotes around it, doubled ones inside made single; null where it is empty."""
    inside = field.substr(F.lit(2), F.length(field) - 2)
    return (
        F.when(field == "", None)
        .when(~field.startswith(QUOTE), field)
        .when(F.length(field) > 2, F.replace(inside, F.lit(QUOTE + QUOTE), F.lit(QUOTE)))
    )


def has_quote(line: Column) -> Column:
    """Whether the line has a quote anywhere."""
    return F.instr(line, QUOTE) > 0


def malformed_rules(line: Column, sep: str) -> list[Rule]:
    """`unclosed_quote` (an odd number of quotes) and `stray_quote` (a quote inside an unquoted field)."""

    def malformed() -> Column:
        # Possessive, so that Java's regular expressions use no stack a field.
        return has_quote(line) & ~line.rlike(f"^{_field(sep)}(?:{re.escape(sep)}{_field(sep)})*+\\z")

    def odd() -> Column:
        return (F.length(line) - F.length(F.replace(line, F.lit(QUOTE), F.lit("")))) % 2 == 1

    return [
        Rule(name="unclosed_quote", sentence="A quoted field does not end.", broken=lambda: malformed() & odd()),
        Rule(
            name="stray_quote",
            sentence="A quote stands inside a field that is not quoted.",
            broken=lambda: malformed() & ~odd(),
        ),
    ]


def _field(sep: str) -> str:
    return f'(?:"[^"]*+(?:""[^"]*+)*+"|[^{re.escape(sep)}"]*+)'
