"""Settings: everything that differs between a laptop, CI and a cluster, read in one place.

Belongs here: environment variables (prefix TIDEBOOK_) and the `.env` file, their checks. Does not: what a
feed declares (analytics_assets/feeds), Spark's own configuration (session_config.py).
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from resources.errors import UserError
from resources.object_store import ADDRESS, SERVER, is_bucket

MASTER = re.compile(r"auto|local(\[(\d+|\*)\])?|spark://\S+|yarn|k8s://\S+|sc://\S+")
PLAIN = re.compile(r"[A-Za-z0-9._/-]+")
KEYS = re.compile(r"//[^/\s]*@")
BETWEEN_ADDRESSES = re.compile(r"[\s,]+(?=[A-Za-z0-9.+-]+://)|\s+")
NOT_IN_LAKEHOUSE = set("[]|^%\\")
MEMORY = re.compile(r"\d+[mg]")
LEAST_MEMORY_MB = 512


class SettingsError(UserError):
    """A setting is wrong; one line that says which, what was seen and what is expected."""


class Settings(BaseSettings):
    """Tidebook's settings. Each field is set by TIDEBOOK_ and its name, in the environment or in `.env`."""

    model_config = SettingsConfigDict(env_prefix="TIDEBOOK_", env_file=".env", extra="ignore", env_ignore_empty=True)

    landing: str = Field(default="data/landing", description="folder where files arrive, or s3a://bucket/prefix")
    lakehouse: str = Field(default="data/lakehouse", description="folder of the tables, or s3a://bucket/prefix")
    s3_endpoint: str = Field(default="", description="server of s3a addresses, such as http://host:9000; empty: AWS")
    s3_region: str = Field(default="", description="region of the buckets; empty: as the AWS settings say")
    reports: str = Field(default="data/reports", description="folder of the pages")
    state: str = Field(default="data/state", description="folder of logs and of the local engine's state")
    spark_master: str = Field(
        default="local[*]",
        description="local[*] in the process; auto for the local engine where it runs, else in the process; "
        "spark://..., yarn or k8s://... for a cluster; sc://host:port for an engine that runs",
    )
    spark_memory: str = Field(default="", description="the driver's memory, such as 4g; by default from the machine")
    spark_java_options: str = Field(
        default="", description="more options of the driver's JVM, such as -XX:TieredStopAtLevel=1 for small data"
    )
    engine_port: int = Field(default=15002, ge=1024, le=65535, description="port of the local engine")
    lease_wait_s: int = Field(default=60, ge=0, description="seconds to wait while somebody else writes the feed")
    sensors: bool = Field(default=True, description="whether sensors run until somebody stops them")
    alerts: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="addresses that alerts are sent to, as apprise writes them, separated by blanks"
    )
    alert_reminder_h: float = Field(
        default=24, ge=0, description="hours after which a cause that lasts is told again; 0: never"
    )
    alert_link: str = Field(default="http://127.0.0.1:3000", description="address of the UI, for links in alerts")
    feeds: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="more feeds: modules or .py files, separated by commas"
    )

    @field_validator("feeds", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("alerts", mode="before")
    @classmethod
    def _split_addresses(cls, value: object) -> object:
        # A comma may be part of an address: mailto://host?to=ann@example.org,bob@example.org
        return tuple(filter(None, BETWEEN_ADDRESSES.split(value.strip()))) if isinstance(value, str) else value

    @field_validator("alert_link")
    @classmethod
    def _is_link(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("expected http://host:port or https://host/path")
        return value.rstrip("/")

    @field_validator("spark_master")
    @classmethod
    def _is_master(cls, value: str) -> str:
        if not MASTER.fullmatch(value):
            raise ValueError("expected local[*], local[N], auto, spark://..., yarn, k8s://... or sc://host:port")
        return value

    @field_validator("spark_memory")
    @classmethod
    def _is_memory(cls, value: str) -> str:
        if value and not MEMORY.fullmatch(value.lower()):
            raise ValueError("expected a number with m or g, such as 4g")
        if value and int(value[:-1]) * (1024 if value[-1].lower() == "g" else 1) < LEAST_MEMORY_MB:
            raise ValueError(f"expected at least {LEAST_MEMORY_MB}m, without which Spark does not start")
        return value.lower()

    @field_validator("landing", "lakehouse")
    @classmethod
    def _is_place(cls, value: str) -> str:
        if not is_bucket(value):
            return str(Path(value).expanduser().resolve())
        if not ADDRESS.fullmatch(value) or "//" in value.rstrip("/").removeprefix("s3a://"):
            raise ValueError("expected a folder or s3a://bucket/prefix")
        return value.rstrip("/")

    @field_validator("reports", "state")
    @classmethod
    def _is_folder(cls, value: str) -> str:
        if is_bucket(value):
            raise ValueError("expected a folder; only landing and lakehouse may be s3a://bucket/prefix")
        return str(Path(value).expanduser().resolve())

    @field_validator("lakehouse")
    @classmethod
    def _can_hold_tables(cls, value: str) -> str:
        found = sorted(set(value) & NOT_IN_LAKEHOUSE)
        if found:
            raise ValueError(f"expected a path without {' '.join(found)}, which deltalake cannot write to")
        if is_bucket(value) and not PLAIN.fullmatch(value.removeprefix("s3a://")):
            raise ValueError("expected an address of letters, digits and . _ - / alone, as deltalake wants it")
        return value

    @field_validator("s3_endpoint")
    @classmethod
    def _is_server(cls, value: str) -> str:
        if value and not SERVER.fullmatch(value):
            raise ValueError("expected http://host:port or https://host:port, without a user or a path")
        return value.rstrip("/")

    @property
    def uses_s3(self) -> bool:
        """Whether landing or the lakehouse is in an object store."""
        return is_bucket(self.landing) or is_bucket(self.lakehouse)

    @property
    def dagster_home(self) -> Path:
        """Folder of Dagster's instance: DAGSTER_HOME, else beside the other state."""
        return Path(os.environ.get("DAGSTER_HOME") or Path(self.state).parent / "dagster").resolve()


@cache
def load_settings() -> Settings:
    """Read the settings once. Raises SettingsError, one line for all that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [
            f"TIDEBOOK_{'_'.join(str(part) for part in item['loc']).upper()}: saw {_shown(item.get('input'))}, "
            f"{item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        ]
        raise SettingsError("; ".join(wrong)) from None


def _shown(value: object) -> str:
    """A wrong value as a message may show it: somebody may have put keys into an address."""
    return KEYS.sub("//...@", repr(value))
