"""Records: JSON objects become the texts of a contract's columns, and are judged.

Belongs here: keys, what stands under none of the contract's, what is no object. Does not: what a text must be
(contract.py, values.py), files (resources/records.py).
"""

from __future__ import annotations

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.transforms.bronze import judge_texts
from analytics_assets.transforms.contract import Contract, Rule

VALUES = "_values"


def judge_records(records: DataFrame, contract: Contract, rest: str | None) -> DataFrame:
    """Records with the contract's typed columns and its verdict, as `judge` has them for lines.

    In: raw string, the JSON of a record, null for null; other columns are kept. rest: the contract's column that
    takes all keys without a column of their own, as one JSON object of texts; null where there is none.
    """
    known = [column.key for column in contract.columns if column.name != rest]
    parsed = records.withColumn(VALUES, F.from_json("raw", "map<string,string>"))
    values = F.col(VALUES)
    # An empty text is as good as none, as in a line.
    found = {column.name: F.element_at(values, column.key) for column in contract.columns if column.name != rest}
    texts = {name: F.when(text != "", text) for name, text in found.items()}
    if rest is not None:
        others = F.map_filter(values, lambda key, value: ~key.isin(*known))
        texts[rest] = F.when(F.size(others) > 0, F.to_json(others))
    return judge_texts(parsed, texts, contract, record_rules()).drop(VALUES)


def record_rules() -> list[Rule]:
    """Rules about a whole record."""
    return [
        Rule(
            name="not_an_object",
            sentence="The record is not a JSON object that can be read.",
            broken=lambda: F.col(VALUES).isNull(),
        )
    ]
