"""Object stores that really run, and places of tests in their buckets.

Belongs here: starting, killing and looking into a server; a Place whose landing and tables are in a bucket. Does
not: what is landed, what is expected.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from places import Place

BUCKET = "tidebook-tests"
KEY, SECRET = "KEYOFTHETESTS000", "a+very/secret-word-0123456789"
STARTS_S = 30
VERSITYGW = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"


@dataclass
class Server:
    """A server that speaks S3 on loopback. moto keeps objects in memory, versitygw as files below `folder`."""

    folder: Path
    program: str
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def endpoint(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def credentials(self) -> dict[str, str]:
        """The environment that gives access."""
        return {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}

    def start(self) -> None:
        """Start it, on the same port as before, and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        if self.program == "moto":
            words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        else:
            words = [self.program, "--quiet", "--port", f"127.0.0.1:{self.port}", "posix", str(self.folder)]
        keys = {"ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}
        with (self.folder.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(words, env={**os.environ, **keys}, stdout=log, stderr=log)
        until = time.monotonic() + STARTS_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < until, log.name
                time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL, as if the power were cut."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def client(self) -> Any:
        """A client with the keys of this server."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )

    def make_bucket(self) -> None:
        """Make the bucket of the tests."""
        self.client().create_bucket(Bucket=BUCKET)

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Put objects into the bucket, by their keys."""
        client = self.client()
        for key, body in objects.items():
            client.put_object(Bucket=BUCKET, Key=key, Body=body)

    def upload(self, folder: Path, prefix: str) -> None:
        """Put the files of a folder below a prefix."""
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        self.put({f"{prefix}/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in files})

    def tags(self, prefix: str) -> dict[str, str]:
        """ETag of each object below a prefix, by its key."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", [])}

    def download(self, prefix: str, folder: Path) -> Path:
        """Bring the objects below a prefix into a new folder."""
        shutil.rmtree(folder, ignore_errors=True)
        client = self.client()
        for key in self.tags(f"{prefix}/"):
            path = folder / key.removeprefix(f"{prefix}/")
            if not key.endswith("/"):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(client.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        return folder


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def find_versitygw() -> str | None:
    """The server's program: beside Python, on PATH, or where Go puts it."""
    places = (Path(sys.prefix) / "bin", Path(os.environ.get("GOPATH", Path.home() / "go")) / "bin")
    return shutil.which("versitygw", path=os.pathsep.join([*map(str, places), os.environ.get("PATH", "")]))


@dataclass(frozen=True)
class BucketPlace(Place):
    """A place whose landing and tables are below a prefix of the server's bucket; root holds the rest."""

    server: Server
    prefix: str

    @property
    def lake(self) -> str:
        """Prefix of the tables."""
        return f"{self.prefix}/lakehouse"

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a command that works here, and nowhere else."""
        settings = {
            **self.server.credentials,
            "TIDEBOOK_LANDING": f"s3a://{BUCKET}/{self.prefix}/landing",
            "TIDEBOOK_LAKEHOUSE": f"s3a://{BUCKET}/{self.lake}",
            "TIDEBOOK_S3_ENDPOINT": self.server.endpoint,
        }
        return {name: value for name, value in super().environment(**{**settings, **more}).items() if value}

    def command(self, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """As Place.command; whatever the command says, it does not say the secret."""
        ended = super().command(*words, **more)
        assert SECRET not in ended.stdout + ended.stderr, words
        return ended

    def tables(self) -> Path:
        """The tables as they are now, in a folder."""
        return self.server.download(self.lake, self.root / "downloaded")
