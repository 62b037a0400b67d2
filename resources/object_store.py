"""An object store that speaks S3: its addresses, and what each of the four programs that reach it is told.

Belongs here: addresses such as s3a://bucket/prefix; boto3, deltalake, Arrow and Spark as clients of one server;
their errors in one line. Does not: listing landing (bucket_landing.py), leases (bucket_lease.py), tables.

No client is handed a key. Each finds them by the usual AWS chain (environment, ~/.aws, the role of the
instance), so that no configuration, log or record can show one.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from resources.errors import UserError

ADDRESS = re.compile(r"s3a://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[^?#]*))?")
SERVER = re.compile(r"https?://[^/@?#\s]+/?")
DEFAULT_REGION = "us-east-1"
ATTEMPTS = 5
CONNECT_S, ANSWER_S, GIVES_UP_S = 5, 60, 60
HADOOP = "spark.hadoop.fs.s3a."

# Signs in the words of boto3, deltalake, Arrow and S3A; the first that is found tells most.
MEANINGS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("NoSuchBucket", "NO_SUCH_BUCKET", "bucket does not exist"), "there is no such bucket. Make it, or mend the name"),
    (
        ("SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidClientTokenId", "SIGNATURE_DOES_NOT_MATCH"),
        "the server does not know these keys. Mend AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws",
    ),
    (("ExpiredToken", "TokenRefreshRequired"), "the keys have expired. Get new ones"),
    (
        ("Unable to locate credentials", "NoCredentials", "No AWS Credentials", "Unable to load AWS credentials",
         "no providers in chain provided credentials", "no credentials found in chain"),
        "found no keys. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws",
    ),
    (
        ("AccessDenied", "ACCESS_DENIED", "AllAccessDisabled", "403 Forbidden", "Status Code: 403", "(403)"),
        "the server denies access. Give these keys access, or take others",
    ),
    (
        ("Could not connect", "Connection refused", "NETWORK_CONNECTION", "error sending request", "UnknownHost",
         "Unable to execute HTTP request", "ConnectionClosedError", "ConnectTimeout", "ReadTimeout", "Connection reset",
         "Connection was closed", "Connection broken", "IncompleteRead", "Premature end",
         "error decoding response body", "request or response body error", "Truncated"),
        "the server does not answer. See that it runs, or mend TIDEBOOK_S3_ENDPOINT",
    ),
    (
        ("SlowDown", "InternalError", "ServiceUnavailable", "503 Service", "500 Internal", "Status Code: 503",
         "Status Code: 500", "Reduce your request rate", "HTTP response code 500", "HTTP response code 503",
         "HTTP status 500", "HTTP status 503"),
        "the server is in trouble: it answers 500 or 503. Wait until it is well",
    ),
    (
        ("LogSegment end version", "Expected ordered contiguous commit files"),
        "the server lists less than it acknowledged, which no store that Tidebook can use does. Wait until "
        "it lists what it has",
    ),
    (
        ("S3AFileSystem not found", 'No FileSystem for scheme "s3a"'),
        "the Spark engine was started without S3. Once, with the same settings: tidebook engine stop; "
        "tidebook engine start",
    ),
)  # fmt: skip


class StoreError(UserError):
    """The object store does not do what it was asked; says where, why and what to do."""


def is_bucket(address: str) -> bool:
    """Whether a place is in an object store; else it is a folder."""
    return "://" in address


def split(address: str) -> tuple[str, str]:
    """Bucket and prefix of an address; the prefix without slashes at its ends, "" where there is none."""
    found = ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError(f"saw {address!r}, expected s3a://bucket/prefix")
    return found["bucket"], (found["prefix"] or "").strip("/")


def meaning(error: BaseException) -> str | None:
    """What an error of any of the clients means and what to do; None if it is none of a store."""
    words = f"{type(error).__name__}: {error}"
    return next((told for signs, told in MEANINGS if any(sign in words for sign in signs)), None)


def told(error: BaseException, address: str) -> StoreError:
    """An error of a client in one line. Of an unknown one only the kind: servers send keys back in their words."""
    code = answer_of(error).get("Error", {}).get("Code")
    return StoreError(f"{address}: {meaning(error) or f'the object store failed: {code or type(error).__name__}'}")


def answer_of(error: BaseException) -> dict[str, Any]:
    """What the server answered, of an error of boto3; nothing where the connection broke before."""
    return getattr(error, "response", None) or {}


@dataclass(frozen=True)
class ObjectStore:
    """A server that speaks S3. endpoint: its address, "" for AWS. region: "" for what the AWS settings say."""

    endpoint: str = ""
    region: str = ""

    @property
    def known_region(self) -> str:
        """The region that all clients are told."""
        import boto3

        return self.region or os.environ.get("AWS_REGION") or boto3.Session().region_name or DEFAULT_REGION

    def client(self) -> Any:
        """A client of boto3, from dagster-aws' resource."""
        from dagster_aws.s3 import S3Resource

        resource = S3Resource(endpoint_url=self.endpoint or None, region_name=self.known_region, max_attempts=ATTEMPTS)
        return resource.get_client()

    def storage_options(self) -> dict[str, str]:
        """What deltalake is told. With a server's address it would else look for keys in the environment alone."""
        # It asks the machine's metadata for a region that the environment does not name, and complains aloud.
        os.environ.setdefault("AWS_REGION", self.known_region)
        options = {
            "AWS_REGION": self.known_region,
            "AWS_FORCE_CREDENTIAL_LOAD": "true",
            "connect_timeout": f"{CONNECT_S}s",
            "timeout": f"{ANSWER_S}s",
            "max_retries": str(ATTEMPTS),
            "retry_timeout": f"{GIVES_UP_S}s",
        }
        if self.endpoint:
            options["AWS_ENDPOINT_URL"] = self.endpoint.rstrip("/")
            options["AWS_ALLOW_HTTP"] = str(self.endpoint.startswith("http:")).lower()
        return options

    def arrow_uri(self, bucket: str, key: str = "") -> str:
        """An object's address for Arrow, which tells it the server, too."""
        told_of = {"region": self.known_region}
        if self.endpoint:
            server = urlsplit(self.endpoint)
            told_of |= {"scheme": server.scheme, "endpoint_override": server.netloc}
        return f"s3://{bucket}/{quote(key)}?{urlencode(told_of)}"

    def spark_config(self, scratch: str) -> dict[str, str]:
        """What S3A is told. scratch: a folder for what is on its way up.

        The provider is the chain of the SDK itself: S3A's own list would look for keys in Spark's settings. It
        leaves directory markers where they are: some servers take minutes to delete each.
        """
        config = {
            "aws.credentials.provider": "com.amazonaws.auth.DefaultAWSCredentialsProviderChain",
            "directory.marker.retention": "keep",
            "endpoint.region": self.known_region,
            "attempts.maximum": str(ATTEMPTS),
            "retry.limit": "3",  # each of so many attempts: a run ends some 20 s after its server
            "retry.throttle.limit": "5",  # each wait is twice the one before: its own 20 would take a day
            "connection.establish.timeout": str(CONNECT_S * 1000),
            "connection.timeout": str(ANSWER_S * 1000),
            "buffer.dir": scratch,
        }
        if self.endpoint:
            config["endpoint"] = self.endpoint.rstrip("/")
            config["path.style.access"] = "true"
            config["connection.ssl.enabled"] = str(self.endpoint.startswith("https:")).lower()
        return {f"{HADOOP}{name}": value for name, value in config.items()}


def java_credentials() -> dict[str, str]:
    """The variable under which the SDK for Java looks for the file of keys that the others know by another."""
    file = os.environ.get("AWS_SHARED_CREDENTIALS_FILE")
    return {"AWS_CREDENTIAL_PROFILES_FILE": file} if file else {}
