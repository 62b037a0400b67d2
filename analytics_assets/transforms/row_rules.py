"""Row rules: what must hold between the columns of one row, as one SQL condition that pandera and Spark both ask.

Belongs here: declaring such a rule in a model, and finding those of a model. Does not: rules on a column, and what a
broken rule does to a row (contract.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

import pandera.pyspark as pa

NAME = re.compile(r"[a-z][a-z0-9_]*")
REJECT: Final = "reject"
WARN: Final = "warn"
Severity = Literal["reject", "warn"]


@dataclass(frozen=True, kw_only=True)
class RowRule:
    """A rule over the columns of a contract. sql: the condition that a good row fulfils, or that is null for it.

    sentence: what is wrong where it is broken. severity: whether the row is rejected then, or accepted and counted.
    """

    name: str
    sql: str
    sentence: str
    severity: Severity


def row_rule(name: str, sql: str, sentence: str, severity: Severity = REJECT) -> Any:
    """Declare a row rule in the body of a pandera model: `ends = row_rule("ends", "until >= since", "It ends early.")`.

    pandera's own `validate` asks the same condition of the whole table.
    Raises ValueError for a name that is not lower-case letters, digits and underscores, and for another severity.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"row_rule: saw the name {name!r}, expected a_name_like_this")
    check_severity(f"row_rule {name}", severity)
    rule = RowRule(name=name, sql=sql, sentence=sentence, severity=severity)

    def holds(model: type[Any], frame: Any) -> bool:
        return bool(frame.where(f"NOT ({sql})").limit(1).count() == 0)

    return pa.dataframe_check(name=name, error=name, description=sentence, statistics={"row_rule": rule})(holds)


def row_rules(model: type[Any]) -> tuple[RowRule, ...]:
    """The row rules of a model, in the order of their declaration.

    Raises ValueError for a check of the whole frame that was not declared as one.
    """
    found = []
    for check in model.to_schema().checks:
        rule = (check.statistics or {}).get("row_rule")
        if not isinstance(rule, RowRule):
            raise ValueError(
                f"{model.__name__}: saw a check of the whole frame ({check.name}), expected a row_rule. A row is "
                "judged by itself"
            )
        found.append(rule)
    return tuple(found)


def check_severity(whose: str, severity: object) -> None:
    """Raise ValueError unless it is one of the two."""
    if severity not in (REJECT, WARN):
        raise ValueError(f"{whose}: saw the severity {severity!r}, expected {REJECT!r} or {WARN!r}")
