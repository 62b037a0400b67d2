"""Reports: a feed's figures as HTML pages, made from the small tables without a JVM."""

from analytics_assets.reports.writing import write_reports

__all__ = ["write_reports"]
