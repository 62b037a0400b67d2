"""Landing and lakehouse as the settings name them, for those that run outside Dagster.

Belongs here: nothing but that. Does not: the resources of a run (analytics_assets/definitions.py).
"""

from __future__ import annotations

from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.settings import Settings
from resources.spark import Spark


def open_places(settings: Settings) -> tuple[Landing, Lakehouse]:
    """Landing and lakehouse; Spark starts only when a DataFrame is asked for."""
    spark = Spark(master=settings.spark_master)
    store = {"s3_endpoint": settings.s3_endpoint, "s3_region": settings.s3_region}
    lakehouse = Lakehouse(root=settings.lakehouse, spark=spark, lease_wait_s=settings.lease_wait_s, **store)
    return Landing(root=settings.landing, **store), lakehouse
