"""All laws of a feed, in the order in which a pass judges them."""

from __future__ import annotations

from asset_checks.active_user_checks import ACTIVE_USERS_LAW
from asset_checks.activity_checks import ACTIVITY_LAWS
from asset_checks.anomaly_checks import ANOMALIES_LAW, UNLIKELY_USERS_LAW
from asset_checks.conservation import BRONZE_LAW, SILVER_LAW
from asset_checks.device_checks import DEVICE_LAW
from asset_checks.latency_checks import BUCKETS_LAW, LATENCY_LAW
from asset_checks.law import Law
from asset_checks.power_checks import POWER_LAW
from asset_checks.profile_checks import PROFILES_LAW
from asset_checks.retention_checks import RETENTION_LAW
from asset_checks.session_checks import SESSIONS_LAW

LAWS: tuple[Law, ...] = (
    BRONZE_LAW,
    SILVER_LAW,
    SESSIONS_LAW,
    ACTIVE_USERS_LAW,
    RETENTION_LAW,
    BUCKETS_LAW,
    LATENCY_LAW,
    DEVICE_LAW,
    POWER_LAW,
    ANOMALIES_LAW,
    UNLIKELY_USERS_LAW,
    *ACTIVITY_LAWS,
    PROFILES_LAW,
)


def law_of(table: str) -> Law | None:
    """The law of a table, if it has one."""
    return next((law for law in LAWS if law.table == table), None)
