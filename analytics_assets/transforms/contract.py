"""A feed's contract, compiled: a pandera model becomes typed columns, and lists of the rules that a row breaks.

Belongs here: which rules a model states, their names and severity, the lists. Does not: which rules a feed has
(feeds/), the checks of a column (column_checks.py), rules across columns (row_rules.py), how text becomes a value
(values.py), rules about time and arrivals (bronze.py), splitting lines (fields.py).

pandera's own validation costs a Spark job a check and cannot tell rows apart; tests prove that these
verdicts equal pandera's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any

import pyspark.sql.functions as F
import pyspark.sql.types as T
from pyspark.sql import Column, DataFrame

from analytics_assets.transforms.column_checks import CHECKS, fails, words
from analytics_assets.transforms.columns import column
from analytics_assets.transforms.row_rules import NAME, REJECT, WARN, RowRule, Severity, check_severity, row_rules
from analytics_assets.transforms.values import TYPES, type_names


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A named reason for a rejection, or a warning: `broken` is true where a row breaks it, never null."""

    name: str
    sentence: str
    broken: Callable[[], Column]
    severity: Severity = REJECT


@dataclass(frozen=True, kw_only=True)
class ContractColumn:
    """A column of a contract: its type, whether it may be missing, and pandera's checks on it.

    key: the key of its value in a record, or its name in a header. severity: of the checks; a value that is missing,
    or not written as its type, is always a reason to reject.
    """

    name: str
    key: str
    data_type: T.DataType
    nullable: bool
    sentence: str
    violation: str
    checks: tuple[tuple[str, dict[str, Any]], ...]
    severity: Severity = REJECT

    def field(self) -> T.StructField:
        """The column as it stands in bronze."""
        return column(self.name, self.data_type, self.sentence)


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What a good row is: columns in file order, and rules across them."""

    columns: tuple[ContractColumn, ...]
    row_rules: tuple[RowRule, ...] = ()

    @property
    def warns(self) -> bool:
        """Whether a rule lets a row that breaks it pass, and counts it."""
        return any(c.severity == WARN for c in self.columns) or any(r.severity == WARN for r in self.row_rules)


def contract_of(model: type[Any]) -> Contract:
    """The contract that a pandera.pyspark model states.

    Raises ValueError as `contract_columns` and `row_rules` do, and for a row rule with the name of another rule.
    """
    made = Contract(columns=tuple(contract_columns(model)), row_rules=row_rules(model))
    names = [rule.name for rule in rules(made, lambda _: F.lit(None))]
    for rule in made.row_rules:
        if names.count(rule.name) > 1:
            raise ValueError(f"{model.__name__}: saw two rules named {rule.name!r}, expected a name of its own")
    return made


def contract_columns(model: type[Any]) -> list[ContractColumn]:
    """The columns of a pandera.pyspark model, in file order.

    Raises ValueError for a check or a type that has no compiled form, and for a name of a violation that is not
    lower-case letters, digits and underscores.
    """
    columns = []
    schema = model.to_schema()
    if schema.unique:
        raise ValueError(
            f"{model.__name__}: saw Config.unique = {schema.unique}, expected checks of columns and row rules. A row "
            "is judged by itself: what makes an event unique is the feed's event_key"
        )
    for name, declared in schema.columns.items():
        metadata = declared.metadata or {}
        violation = metadata.get("violation", name)
        if not NAME.fullmatch(violation):
            raise ValueError(f"{model.__name__}.{name}: saw the violation {violation!r}, expected a_name_like_this")
        severity = metadata.get("severity", REJECT)
        check_severity(f"{model.__name__}.{name}", severity)
        checks = tuple((check.name, dict(check.statistics or {})) for check in declared.checks)
        for check, _ in checks:
            if check not in CHECKS:
                raise ValueError(f"{model.__name__}.{name}: saw the check {check!r}, expected one of {sorted(CHECKS)}")
        if severity == WARN and not checks:
            raise ValueError(f"{model.__name__}.{name}: saw the severity 'warn' and no check, expected one that warns")
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
                severity=severity,
            )
        )
    return columns


def rules(contract: Contract, text: Callable[[str], Column]) -> list[Rule]:
    """The rules of a contract, in the order of its columns, then those across them.

    text: gives the text from which the typed column of that name was read; null where there was none.
    """
    made: list[Rule] = []
    for c in contract.columns:
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
            article = "an" if noun[0] in "aeiou" else "a"
            made.append(
                Rule(
                    name=f"{c.name}_not_{noun}",
                    sentence=f"{c.name} is not written as {article} {noun}.",
                    broken=lambda c=c: text(c.name).isNotNull() & F.col(c.name).isNull(),  # type: ignore[misc]
                )
            )
        if c.checks:
            made.append(
                Rule(
                    name=c.violation,
                    sentence=f"{c.name} is not {' and '.join(words(*check) for check in c.checks)}.",
                    broken=lambda c=c: _any([fails(c.name, *k) for k in c.checks]),  # type: ignore[misc]
                    severity=c.severity,
                )
            )
    for rule in contract.row_rules:
        made.append(
            Rule(
                name=rule.name,
                sentence=rule.sentence,
                # A condition that is null says nothing, as in pandera.
                broken=lambda sql=rule.sql: F.coalesce(~F.expr(f"({sql})"), F.lit(False)),  # type: ignore[misc]
                severity=rule.severity,
            )
        )
    return made


def violations(rules: list[Rule]) -> Column:
    """Names of the rules that a row breaks, in their order; null where it breaks none. rules: at least one.

    The list is built for rejected rows alone: an empty list for each accepted row costs as much as a column.
    It is split from text, since filtering an array is an expression that Spark does not compile.
    """
    broken = _any([rule.broken() for rule in rules])
    names = F.split(F.concat_ws(" ", *[F.when(rule.broken(), rule.name) for rule in rules]), " ")
    return F.when(broken, names)


def with_violations(rows: DataFrame, rules: list[Rule], name: str = "violations") -> DataFrame:
    """Rows with a column array<string> of that name, as `violations` has it.

    Each rule is asked once, in a column of its own: asked again for the names of what broke, they would make
    one method that is too long for the JVM to compile well.
    """
    if not rules:
        return rows.withColumn(name, F.lit(None).cast("array<string>"))
    flags = {f"_breaks_{place}": rule.broken() for place, rule in enumerate(rules)}
    asked = [replace(rule, broken=partial(F.col, flag)) for rule, flag in zip(rules, flags, strict=True)]
    return rows.withColumns(flags).withColumn(name, violations(asked)).drop(*flags)


def _any(conditions: list[Column]) -> Column:
    return reduce(lambda left, right: left | right, conditions)
