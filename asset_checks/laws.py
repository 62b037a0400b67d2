"""All laws of a feed, in the order in which a pass judges them."""

from __future__ import annotations

from analytics_assets.feeds.spec import Feed
from asset_checks.active_user_checks import ACTIVE_USERS_LAW
from asset_checks.activity_checks import ACTIVITY_LAWS
from asset_checks.anomaly_checks import ANOMALIES_LAW, UNLIKELY_USERS_LAW
from asset_checks.conservation import BRONZE_LAW, SILVER_LAW
from asset_checks.device_checks import DEVICE_LAW
from asset_checks.dimension_checks import dimension_laws
from asset_checks.latency_checks import BUCKETS_LAW, LATENCY_LAW
from asset_checks.law import Law, joined
from asset_checks.live_checks import LIVE_LAW
from asset_checks.power_checks import POWER_LAW
from asset_checks.profile_checks import PROFILES_LAW
from asset_checks.retention_checks import RETENTION_LAW
from asset_checks.schema_checks import SCHEMA_LAW
from asset_checks.session_checks import SESSIONS_LAW
from asset_checks.session_day_checks import SESSION_DAYS_LAW
from asset_checks.share_checks import shares_law
from asset_checks.volume_checks import VOLUME_LAW

OF_ALL: tuple[Law, ...] = (
    joined(SILVER_LAW, VOLUME_LAW),
    SESSIONS_LAW,
    SESSION_DAYS_LAW,
    ACTIVE_USERS_LAW,
    RETENTION_LAW,
    joined(BUCKETS_LAW, LIVE_LAW),
    LATENCY_LAW,
    DEVICE_LAW,
    POWER_LAW,
    ANOMALIES_LAW,
    UNLIKELY_USERS_LAW,
    *ACTIVITY_LAWS,
    PROFILES_LAW,
)


def laws_of(feed: Feed) -> tuple[Law, ...]:
    """The laws of a feed, of tables that it may not have, too."""
    return (joined(BRONZE_LAW, shares_law(feed), SCHEMA_LAW), *OF_ALL, *dimension_laws(feed))


def law_of(feed: Feed, table: str) -> Law | None:
    """The law of a table of a feed, if it has one."""
    return next((law for law in laws_of(feed) if law.table == table), None)
