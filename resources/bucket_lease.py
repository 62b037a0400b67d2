"""A lease in an object store: at most one writer of a feed at a time, on whatever machine.

Belongs here: the object that is the lease, renewing it, taking over a dead one. Does not: what is written
(lakehouse.py), leases in folders (lease.py), where the operating system does all this.

The object `<feed>.json` is made on condition that there is none, and changed on condition that it is as last seen
(its ETag). Its holder renews it; one that has not been renewed for a while is dead, and the next takes over, with the
fencing number one higher. Age is the server's: its time now less its time of the last change, so that clocks of
drivers need not agree. Delta on S3 has no condition of its own in Spark: a holder renews before each commit, and
stops where it cannot.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from resources.errors import UserError
from resources.lease import LeaseError, described, take_within, this_process
from resources.object_store import ObjectStore, answer_of, split, told

LIVES_S = 30
RENEWED_EVERY_S = 5


class BucketLease:
    """The lease of one feed. lives_s: seconds without a renewal after which it is free."""

    def __init__(self, address: str, feed: str, store: ObjectStore, lives_s: float = LIVES_S) -> None:
        self._bucket, prefix = split(address)
        self._key = f"{prefix}/{feed}.json"
        self._feed, self._address, self._lives_s = feed, f"s3a://{self._bucket}/{self._key}", lives_s
        self._client = store.client()
        self._tag: str | None = None
        self._is_lost = False
        self._content: dict[str, Any] = {}
        self._one = threading.Lock()
        self._end = threading.Event()

    @property
    def fence(self) -> int:
        """The fencing number: higher for each holder than for all before it."""
        return int(self._content["fence"])

    def take(self, wait_s: float, waiting: Callable[[str], None] | None = None) -> None:
        """Take the lease, waiting at most `wait_s` seconds; where it is held, see that it still is.

        waiting: is told once who holds it. Raises LeaseError if it is not free by then, or was lost, StoreError
        if the store does not answer. One that was lost stays lost: what its holder read may since be another's.
        """
        if self._tag is not None or self._is_lost:
            self.renew()
            return
        take_within(wait_s, self._try, self.holder, self._feed, waiting)
        self._end = threading.Event()
        threading.Thread(target=self._keep, args=(self._end,), name=f"lease {self._feed}", daemon=True).start()

    def renew(self) -> None:
        """Say that the holder lives. Raises LeaseError if somebody took over, StoreError without an answer."""
        with self._one:
            if self._tag is None:
                raise self._lost()
            tag = self._put(self._content, IfMatch=self._tag)
            if tag is None and not self._is_mine():
                self._tag, self._is_lost = None, True
                raise self._lost()
            self._tag = tag or self._tag

    def give_back(self) -> None:
        """Free the lease; a no-op where it is not held. A store that does not answer frees it in time."""
        self._end.set()
        with self._one:
            if self._tag is not None:
                with suppress(UserError):
                    self._put({**self._content, "is_free": True}, IfMatch=self._tag)
                self._tag = None

    def holder(self) -> str:
        """Who holds it, in words."""
        found = self._get()
        return described(found[1]) if found else "another process"

    def _try(self) -> bool:
        found = self._get()
        if found is None:
            return self._taken({"IfNoneMatch": "*"}, fence=1)
        tag, content, age_s = found
        if content.get("is_free") or age_s > self._lives_s:
            return self._taken({"IfMatch": tag}, fence=int(content.get("fence", 0)) + 1)
        return False

    def _taken(self, condition: dict[str, str], fence: int) -> bool:
        content = {**this_process(), "owner": uuid.uuid4().hex, "fence": fence}
        tag = self._put(content, **condition)
        if tag is not None:
            self._content, self._tag = content, tag
        return tag is not None

    def _is_mine(self) -> bool:
        """Whether the object has this holder's words: a renewal whose answer was lost has been made, and is seen."""
        found = self._get()
        if found is None or found[1].get("owner") != self._content["owner"] or found[1].get("is_free"):
            return False
        self._tag = found[0]
        return True

    def _keep(self, end: threading.Event) -> None:
        while not end.wait(min(RENEWED_EVERY_S, self._lives_s / 3)):
            try:
                self.renew()
            except LeaseError:
                return  # the next commit says so
            except UserError:
                continue  # it may answer again before the lease is free, and the next commit asks

    def _lost(self) -> LeaseError:
        return LeaseError(
            f"feed {self._feed}: this run lost its lease {self._address}, since it could not renew it in time. It "
            "writes nothing more; what it wrote is whole. Run the same command again when the other has ended"
        )

    def _put(self, content: dict[str, Any], **condition: str) -> str | None:
        """Write the object under a condition; its new ETag, None if the condition did not hold."""
        now = datetime.now(timezone.utc)
        times = {"renewed": now.isoformat(), "expires": (now + timedelta(seconds=self._lives_s)).isoformat()}
        # An ETag is a hash of the content: the token makes each renewal another.
        body = json.dumps({**content, **times, "token": uuid.uuid4().hex}).encode()
        try:
            answer = self._client.put_object(Bucket=self._bucket, Key=self._key, Body=body, **condition)
        except Exception as error:
            if _status(error) in (404, 409, 412) and "NoSuchBucket" not in str(error):
                return None
            raise told(error, self._address) from None
        return str(answer["ETag"])

    def _get(self) -> tuple[str, dict[str, Any], float] | None:
        """ETag, content and age in seconds of the object, None if there is none."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key)
            content = json.loads(answer["Body"].read())
        except Exception as error:
            if _status(error) == 404 and "NoSuchBucket" not in str(error):
                return None
            raise told(error, self._address) from None
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(date) if date else datetime.now(timezone.utc)
        return str(answer["ETag"]), content, (now - answer["LastModified"]).total_seconds()


def _status(error: Exception) -> int:
    return int(answer_of(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
