"""Reports: a feed's figures as one HTML page, made from the small tables without a JVM."""

from analytics_assets.reports.page import write_report

__all__ = ["write_report"]
