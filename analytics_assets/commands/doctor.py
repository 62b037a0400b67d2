"""`tidebook doctor`: what a machine needs, and what to do where it is missing."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil
from rich.console import Console

from resources.errors import UserError
from resources.jars import S3_JARS, jar_paths
from resources.java import java_home, java_version
from resources.object_store import ObjectStore, is_bucket, split, told
from resources.session_config import driver_memory
from resources.settings import load_settings

GB = 1024**3
LEAST_MEMORY_GB = 4
LEAST_DISK_GB = 2


def examine(console: Console) -> bool:
    """Print a line for each thing that is needed; whether all is well."""
    checks: list[tuple[str, Callable[[], str]]] = [
        ("python", _python),
        ("java", _java),
        ("jars", _jars),
        ("settings", _settings),
        ("memory", _memory),
        ("landing", _landing),
        ("lakehouse", _lakehouse),
        ("reports", lambda: _writable(load_settings().reports)),
        ("state", lambda: _writable(load_settings().state)),
        ("dagster", lambda: _writable(str(load_settings().dagster_home))),
        ("feeds", _feeds),
        ("alerts", _alerts),
    ]
    fine = True
    for name, check in checks:
        try:
            console.print(f"[green]ok[/green]    {name:<10} ", end="")
            console.print(check(), markup=False, soft_wrap=True)
        except UserError as error:
            fine = False
            console.print("\r[red]wrong[/red] " + f"{name:<10} ", end="")
            console.print(str(error), markup=False, soft_wrap=True)
    return fine


def _python() -> str:
    if not (3, 10) <= sys.version_info[:2] < (3, 13):
        raise UserError(f"saw Python {sys.version.split()[0]}, expected 3.10, 3.11 or 3.12")
    return sys.version.split()[0]


def _java() -> str:
    home = java_home()
    return f"{java_version(home)} in {home}"


def _jars() -> str:
    found = [*jar_paths(), *(jar_paths(S3_JARS) if load_settings().uses_s3 else [])]
    return f"{len(found)} on disk"


def _settings() -> str:
    settings = load_settings()
    return f"Spark {settings.spark_master}, driver memory {driver_memory(settings)}"


def _memory() -> str:
    total = psutil.virtual_memory().total / GB
    if total < LEAST_MEMORY_GB:
        raise UserError(f"saw {total:.1f} GB, expected at least {LEAST_MEMORY_GB} GB: large feeds may not fit")
    return f"{total:.1f} GB"


def _landing() -> str:
    if is_bucket(load_settings().landing):
        return _bucket(load_settings().landing, is_written=False)
    landing = Path(load_settings().landing)
    if not landing.is_dir():
        raise UserError(f"{landing}: no such folder. Set TIDEBOOK_LANDING, or make files: tidebook generate notes")
    if not os.access(landing, os.R_OK | os.X_OK):
        raise UserError(f"{landing}: cannot be read by this user. Give it access, or set TIDEBOOK_LANDING")
    return str(landing)


def _lakehouse() -> str:
    place = load_settings().lakehouse
    return _bucket(place, is_written=True) if is_bucket(place) else _writable(place)


def _bucket(address: str, is_written: bool) -> str:
    """Ask the store for what a run does: list, and make and delete an object where it writes."""
    settings = load_settings()
    bucket, prefix = split(address)
    key = "/".join(filter(None, (prefix, f".tidebook-{uuid.uuid4().hex}")))
    client = ObjectStore(settings.s3_endpoint, settings.s3_region).client()
    try:
        client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
        if is_written:
            client.put_object(Bucket=bucket, Key=key, Body=b"", IfNoneMatch="*")
            client.delete_object(Bucket=bucket, Key=key)
    except Exception as error:
        raise told(error, address) from None
    return f"{address} at {settings.s3_endpoint or 'AWS'}"


def _writable(folder: str) -> str:
    path = Path(folder)
    probe = path / f".tidebook-{uuid.uuid4().hex}"
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror}. Give access, or set another folder") from error
    free = psutil.disk_usage(folder).free / GB
    if free < LEAST_DISK_GB:
        raise UserError(f"{folder}: {free:.1f} GB free, expected at least {LEAST_DISK_GB} GB")
    return f"{folder} ({free:.0f} GB free)"


def _feeds() -> str:
    from analytics_assets.discovery import load_feeds

    return ", ".join(load_feeds(load_settings().feeds))


def _alerts() -> str:
    from resources.notifier import services

    found = services([url.get_secret_value() for url in load_settings().alerts])
    if wrong := [service.shown for service in found if not service.is_readable]:
        raise UserError(
            f"TIDEBOOK_ALERTS: {', '.join(wrong)} is no address that apprise can read, expected one such as "
            "mailto://user:password@mail.example.org. Then try it: tidebook alerts test"
        )
    return ", ".join(["log and file", *[service.shown for service in found]])
