"""Kinds of broken rows, by feed, each with the rule by which the feed must reject it.

Belongs here: names. Does not: the broken text (broken_lines.py, aqua_records.py), the rules (feeds/).
"""

from collections.abc import Mapping

# In the order in which faults.py makes them; each is exactly one reason to reject a row.
NOTES = {
    "too_few_fields": "too_few_fields",
    "too_many_fields": "too_many_fields",
    "text_in_duration": "duration_ms_not_integer",
    "impossible_date": "timestamp_not_timestamp",
    "empty_user_id": "user_id_missing",
    "negative_duration": "duration_out_of_range",
    "duration_above_2h": "duration_out_of_range",
    "invalid_utf8": "invalid_utf8",
    "unclosed_quote": "unclosed_quote",
    "in_the_future": "in_the_future",
}
IDE = {
    "too_few_fields": "too_few_fields",
    "too_many_fields": "too_many_fields",
    "empty_user_id": "user_id_missing",
    "empty_event_id": "event_id_missing",
    "empty_product_code": "product_code_missing",
    "empty_timestamp": "timestamp_missing",
    "impossible_date": "timestamp_not_timestamp",
    "invalid_utf8": "invalid_utf8",
    "unclosed_quote": "unclosed_quote",
    "in_the_future": "in_the_future",
}
# The last two are whole files: each is one rejected row.
AQUA_FILES = {"file_not_json": "file_not_json", "file_not_an_array": "file_not_json"}
AQUA = {
    "missing_uuid": "uuid_missing",
    "null_distinct_id": "distinct_id_missing",
    "text_in_timestamp": "timestamp_not_timestamp",
    "no_object": "not_an_object",
    "in_the_future": "in_the_future",
    **AQUA_FILES,
}
SHOP = {
    "empty_interaction_id": "interaction_id_missing",
    "empty_user_id": "user_id_missing",
    "empty_product_id": "product_id_missing",
    "empty_action": "action_missing",
    "empty_timestamp": "timestamp_missing",
    "zero_interaction_id": "interaction_id",
    "zero_user_id": "user_id",
    "text_in_user_id": "user_id_not_integer",
    "time_of_another_form": "timestamp",
    "impossible_date": "event_time_not_readable",
    "too_few_fields": "too_few_fields",
    "too_many_fields": "too_many_fields",
    "invalid_utf8": "invalid_utf8",
    "unclosed_quote": "unclosed_quote",
    "in_the_future": "in_the_future",
}
RULES: dict[str, dict[str, str]] = {"notes": NOTES, "ide": IDE, "aqua": AQUA, "shop": SHOP}


def rejected_by_rule(feed: str, rejected: Mapping[str, int]) -> dict[str, int]:
    """Rows by the rule that they break, from rows by kind; no rule without rows."""
    by_rule: dict[str, int] = {}
    for kind, rows in rejected.items():
        if rows:
            rule = RULES[feed][kind]
            by_rule[rule] = by_rule.get(rule, 0) + rows
    return by_rule
