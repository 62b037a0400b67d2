"""A feed's contract, compiled: a pandera model becomes typed columns and one list of violations.

Belongs here: which rules a model states, their names, the list of violations. Does not: which rules a feed has
(feeds/), how text becomes a value (values.py), rules about time and arrivals (bronze.py), splitting lines (fields.py).

pandera's own validation costs a Spark job a check and cannot tell rows apart; tests prove that these
verdicts equal pandera's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any

import pyspark.sql.functions as F
import pyspark.sql.types as T
from pyspark.sql import Column, DataFrame

from analytics_assets.transforms.columns import column
from analytics_assets.transforms.values import TYPES, type_names

VIOLATION_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A named reason for a rejection: `broken` is true where a row breaks it, never null."""

    name: str
    sentence: str
    broken: Callable[[], Column]


@dataclass(frozen=True, kw_only=True)
class ContractColumn:
    """A column of a contract: its type, whether it may be missing, and pandera's checks on it.

    key: of a record, the key of its value.
    """

    name: str
    key: str
    data_type: T.DataType
    nullable: bool
    sentence: str
    violation: str
    checks: tuple[tuple[str, dict[str, Any]], ...]

    def field(self) -> T.StructField:
        """The column as it stands in bronze."""
        return column(self.name, self.data_type, self.sentence)


def contract_columns(model: type[Any]) -> list[ContractColumn]:
    """The columns of a pandera.pyspark model, in file order.

    Raises ValueError for a check or a type that has no compiled form, and for a name of a violation that is not
    lower-case letters, digits and underscores.
    """
    columns = []
    schema = model.to_schema()
    if schema.checks or schema.unique:
        named = ", ".join(check.name for check in schema.checks)
        seen = f"checks of the whole frame ({named})" if named else f"Config.unique = {schema.unique}"
        raise ValueError(
            f"{model.__name__}: saw {seen}, expected checks of columns. A row is judged by itself: what makes an "
            "event unique is the feed's event_key"
        )
    for name, declared in schema.columns.items():
        metadata = declared.metadata or {}
        violation = metadata.get("violation", name)
        if not VIOLATION_NAME.fullmatch(violation):
            raise ValueError(f"{model.__name__}.{name}: saw the violation {violation!r}, expected a_name_like_this")
        checks = tuple((check.name, dict(check.statistics or {})) for check in declared.checks)
        for check, _ in checks:
            if check not in CHECKS:
                raise ValueError(f"{model.__name__}.{name}: saw the check {check!r}, expected one of {sorted(CHECKS)}")
        data_type = declared.dtype.type
        if type(data_type) not in TYPES:
            raise ValueError(f"{model.__name__}.{name}: saw the type {data_type}, expected one of {type_names()}")
        columns.append(
            ContractColumn(
                name=name,
                key=metadata.get("key", name),
                data_type=data_type,
                nullable=declared.nullable,
                sentence=declared.description or f"{name}, as it landed.",
                violation=violation,
                checks=checks,
            )
        )
    return columns


def rules(columns: list[ContractColumn], text: Callable[[str], Column]) -> list[Rule]:
    """The rules of a contract, in the order of its columns.

    text: gives the text from which the typed column of that name was read; null where there was none.
    """
    made: list[Rule] = []
    for c in columns:
        if not c.nullable:
            made.append(
                Rule(
                    name=f"{c.name}_missing",
                    sentence=f"{c.name} is empty.",
                    broken=lambda c=c: text(c.name).isNull(),  # type: ignore[misc]
                )
            )
        if not isinstance(c.data_type, T.StringType):
            noun = TYPES[type(c.data_type)][0]
            made.append(
                Rule(
                    name=f"{c.name}_not_{noun}",
                    sentence=f"{c.name} is not written as a {noun}.",
                    broken=lambda c=c: text(c.name).isNotNull() & F.col(c.name).isNull(),  # type: ignore[misc]
                )
            )
        if c.checks:
            made.append(
                Rule(
                    name=c.violation,
                    sentence=f"{c.name} is not {' and '.join(_words(*check) for check in c.checks)}.",
                    broken=lambda c=c: _any([_fails(c.name, *k) for k in c.checks]),  # type: ignore[misc]
                )
            )
    return made


def violations(rules: list[Rule]) -> Column:
    """Names of the rules that a row breaks, in their order; null where it breaks none.

    The list is built for rejected rows alone: an empty list for each accepted row costs as much as a column.
    It is split from text, since filtering an array is an expression that Spark does not compile.
    """
    broken = _any([rule.broken() for rule in rules])
    names = F.split(F.concat_ws(" ", *[F.when(rule.broken(), rule.name) for rule in rules]), " ")
    return F.when(broken, names)


def with_violations(rows: DataFrame, rules: list[Rule]) -> DataFrame:
    """Rows with violations array<string>, as `violations` has it.

    Each rule is asked once, in a column of its own: asked again for the names of what broke, they would make
    one method that is too long for the JVM to compile well.
    """
    flags = {f"_breaks_{place}": rule.broken() for place, rule in enumerate(rules)}
    asked = [replace(rule, broken=partial(F.col, flag)) for rule, flag in zip(rules, flags, strict=True)]
    return rows.withColumns(flags).withColumn("violations", violations(asked)).drop(*flags)


def _any(conditions: list[Column]) -> Column:
    return reduce(lambda left, right: left | right, conditions)


def _fails(name: str, check: str, statistics: dict[str, Any]) -> Column:
    # A check says nothing of a missing value, as in pandera.
    return F.coalesce(~CHECKS[check][1](F.col(name), **statistics), F.lit(False))


def _words(check: str, statistics: dict[str, Any]) -> str:
    return CHECKS[check][0].format(**statistics)


CHECKS: dict[str, tuple[str, Callable[..., Column]]] = {
    "equal_to": ("{value}", lambda c, value: c == value),
    "not_equal_to": ("other than {value}", lambda c, value: c != value),
    "greater_than": ("above {min_value}", lambda c, min_value: c > min_value),
    "greater_than_or_equal_to": ("at least {min_value}", lambda c, min_value: c >= min_value),
    "less_than": ("below {max_value}", lambda c, max_value: c < max_value),
    "less_than_or_equal_to": ("at most {max_value}", lambda c, max_value: c <= max_value),
    "isin": ("one of {allowed_values}", lambda c, allowed_values: c.isin(*allowed_values)),
    "notin": ("none of {forbidden_values}", lambda c, forbidden_values: ~c.isin(*forbidden_values)),
    "str_startswith": ("text that starts with {string}", lambda c, string: c.startswith(string)),
    "str_endswith": ("text that ends in {string}", lambda c, string: c.endswith(string)),
    "str_matches": ("text that matches {pattern}", lambda c, pattern: c.rlike(_anchored(_pattern(pattern)))),
    "str_contains": ("text that contains {pattern}", lambda c, pattern: c.rlike(_pattern(pattern))),
}


def _pattern(pattern: Any) -> str:
    return str(getattr(pattern, "pattern", pattern))


def _anchored(pattern: str) -> str:
    return pattern if pattern.startswith("^") else f"^(?:{pattern})"
