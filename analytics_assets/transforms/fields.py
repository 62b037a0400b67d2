"""Fields of a delimited line, with or without quotes.

Belongs here: splitting, quoting, and what is malformed. Does not: what the fields mean (contract.py).
The rules are RFC 4180's (doubled quotes inside a quoted field), but that a row never spans lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pyspark.sql.functions as F
from pyspark.sql import Column

from analytics_assets.transforms.contract import Rule

QUOTE = '"'
UNCLOSED_QUOTE, STRAY_QUOTE = "unclosed_quote", "stray_quote"


def split_fields(line: Column, sep: str, has_quote: Column | None) -> Column:
    """The fields of a line as array<string>, quotes still around them: see `field_text`.

    has_quote: whether the line has a quote anywhere, None where none of the lines has one. Lines without a quote
    take the fast way. A malformed line (see `quote_fault`) gives some array, never an error.
    """
    plain = F.split(line, re.escape(sep), -1)
    if has_quote is None:
        return plain
    # The separator in front makes each match begin with one: an empty first field is a match like the rest.
    quoted = F.regexp_extract_all(F.concat(F.lit(sep), line), F.lit(f"{re.escape(sep)}({_field(sep)})"), F.lit(1))
    return F.when(has_quote, quoted).otherwise(plain)


def field_text(field: Column, has_quotes: bool) -> Column:
    """The text of a field: without quotes around it, doubled ones inside made single; null where it is empty.

    has_quotes: whether any field may have one.
    """
    if not has_quotes:
        return F.when(field != "", field)
    inside = field.substr(F.lit(2), F.length(field) - 2)
    return (
        F.when(field == "", None)
        .when(~field.startswith(QUOTE), field)
        .when(F.length(field) > 2, F.replace(inside, F.lit(QUOTE + QUOTE), F.lit(QUOTE)))
    )


def quote_fault(line: Column, sep: str, has_quote: Column) -> Column:
    """UNCLOSED_QUOTE where the number of quotes is odd, STRAY_QUOTE for one inside an unquoted field, else null."""
    # Possessive, so that Java's regular expressions use no stack a field.
    is_well_formed = line.rlike(f"^{_field(sep)}(?:{re.escape(sep)}{_field(sep)})*+\\z")
    quotes = F.length(line) - F.length(F.replace(line, F.lit(QUOTE), F.lit("")))
    # One inside the other: what stands behind an `and` is computed for each line where Spark finds it twice.
    fault = F.when(~is_well_formed, F.when(quotes % 2 == 1, UNCLOSED_QUOTE).otherwise(STRAY_QUOTE))
    return F.when(has_quote, fault)


def malformed_rules(fault: Callable[[], Column]) -> list[Rule]:
    """The rules about quotes; fault: gives what `quote_fault` says."""
    return [
        Rule(
            name=UNCLOSED_QUOTE,
            sentence="A quoted field does not end.",
            broken=lambda: fault().eqNullSafe(UNCLOSED_QUOTE),
        ),
        Rule(
            name=STRAY_QUOTE,
            sentence="A quote stands inside a field that is not quoted.",
            broken=lambda: fault().eqNullSafe(STRAY_QUOTE),
        ),
    ]


def _field(sep: str) -> str:
    return f'(?:"[^"]*+(?:""[^"]*+)*+"|[^{re.escape(sep)}"]*+)'
