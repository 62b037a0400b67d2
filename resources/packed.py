"""Packed files: told by how their bytes begin, or by a name for which Spark would unpack them. They are never unpacked.

Belongs here: both signs. Does not: what follows (analytics_assets/layers/quarantine.py). Imports nothing of this
package: tasks get it by value.
"""

from __future__ import annotations

import re

SIGNS = re.compile(
    rb"(?P<gzip>\x1f\x8b)|(?P<zstd>\x28\xb5\x2f\xfd)|(?P<xz>\xfd7zXZ\x00)|(?P<bzip2>BZh[1-9]1AY&SY)"
    rb"|(?P<zip>PK\x03\x04)|(?P<lz4>\x04\x22\x4d\x18)|(?P<snappy>\xff\x06\x00\x00sNaPpY)"
)
LONGEST_SIGN = 10
ENDINGS = (".gz", ".bz2", ".deflate", ".snappy", ".lz4", ".zst")
"""Of names for which Hadoop unpacks a file, whatever stands in it. Others, such as .GZ, say nothing to it."""


def packed_as(begin: bytes) -> str:
    """What a file is packed with, by its first bytes; empty where it is not."""
    found = SIGNS.match(begin)
    return (found.lastgroup or "") if found else ""


def has_packed_name(path: str) -> bool:
    """Whether Spark would unpack a file for its name."""
    return path.endswith(ENDINGS)
