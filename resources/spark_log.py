"""Spark's own log: a file, so that it does not flood the terminal.

Belongs here: where it stands and how it is configured. Does not: sessions (spark.py).
"""

from __future__ import annotations

from pathlib import Path

from resources.settings import Settings


def spark_log(settings: Settings) -> Path:
    """File that takes Spark's own log, so that it does not flood the terminal."""
    return Path(settings.state) / "spark.log"


def log_configuration(settings: Settings) -> Path:
    """Write the configuration of Spark's log, and give its path."""
    path = Path(settings.state) / "log4j2.properties"
    text = LOG_CONFIGURATION.format(log=spark_log(settings))
    if not path.is_file() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return path


LOG_CONFIGURATION = """\
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {log}
appender.file.filePattern = {log}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{yyyy-MM-dd HH:mm:ss}} %p %c{{1}}: %m%n%ex
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 20MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
logger.window.name = org.apache.spark.sql.execution.window.WindowExec
logger.window.level = error
"""
