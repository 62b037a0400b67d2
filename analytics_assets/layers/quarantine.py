"""Quarantine: files that cannot be read as their format, each with the rule that says why and what was seen.

Belongs here: faults of a file as a whole. Does not: what a header says (layouts.py), rows (transforms/bronze.py), the
limits (resources/limits.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics_assets.feeds.formats import UTF_16, Csv
from resources.arrow_files import FORBIDDEN
from resources.landing import LandedFile
from resources.limits import LARGEST_FILE, LONGEST_HEADER, LONGEST_LINE
from resources.line_counts import FileLines
from resources.packed import has_packed_name
from resources.records import PACKED, TOO_LARGE, FileRecords

UNREADABLE_SIGN = ":"
"""Hadoop takes what stands before it in a file's name for the scheme of an address."""
NEVER_UNPACKED = "Files are never unpacked: land it unpacked"


@dataclass(frozen=True)
class Quarantined:
    """A file that cannot be read as its format: the rule, and what was seen in place of what."""

    file: LandedFile
    rule: str
    seen: str
    explanation: str


def by_name(files: Sequence[LandedFile], misnamed: Mapping[str, str]) -> dict[str, Quarantined]:
    """Files that are told by their names, or by what stands there in place of a file; by path.

    misnamed: path -> what is wrong with its name, where something is.
    """
    found = {}
    for file in files:
        if not file.has_text_name:
            found[file.path] = Quarantined(file, "file_name", file.path, f"saw {file.fault}. Give it another one")
        elif file.fault:
            found[file.path] = Quarantined(file, "file_kind", "", f"saw {file.fault}, expected a file")
        elif file.path in misnamed:
            found[file.path] = Quarantined(file, "file_name", file.path, misnamed[file.path])
        elif UNREADABLE_SIGN in file.path:
            said = f"saw {UNREADABLE_SIGN!r} in the name, which Spark cannot read. Give the file another name"
            found[file.path] = Quarantined(file, "file_name", file.path, said)
        elif has_packed_name(file.path):
            said = f"saw a name that ends as a packed file's does. {NEVER_UNPACKED}, under another name"
            found[file.path] = Quarantined(file, "file_packed", file.path, said)
    return found


def by_lines(file: LandedFile, lines: FileLines, file_format: Csv) -> Quarantined | None:
    """What is wrong with a file of lines, by its bytes; None where its header can be asked."""
    if fault := _unopened(file, lines.fault, lines.packed):
        return fault
    header = header_of(lines) if file_format.header else None
    if header is not None and lines.lines == 0 and lines.is_text:
        return Quarantined(file, "file_empty", "", "saw no line, expected a header")
    if lines.encoding == UTF_16 and not (lines.is_text and file.size <= LARGEST_FILE):
        said = "is no whole UTF-16" if not lines.is_text else f"is UTF-16 and above {LARGEST_FILE >> 20} MB"
        return Quarantined(file, "file_encoding", header or "", f"the file {said}. Write it as UTF-8")
    if header is not None and len(header.encode()) >= LONGEST_HEADER:
        return Quarantined(file, "file_header", header, f"saw a header above {LONGEST_HEADER >> 10} KB")
    if lines.too_long is not None:
        number, length = lines.too_long
        said = f"saw line {number:,} with {length:,} bytes, expected at most {LONGEST_LINE:,}"
        return Quarantined(file, "file_line_too_long", lines.first_line, said)
    return None


def by_records(file: LandedFile, records: FileRecords) -> Quarantined | None:
    """What is wrong with a file that should be an array of records, by its bytes; None where nothing is."""
    if records.fault is None:
        return None
    if fault := _unopened(file, records.fault, (records.seen or "") if records.fault == PACKED else ""):
        return fault
    seen = records.seen or ""
    if records.fault == TOO_LARGE:
        return Quarantined(file, "file_too_large", seen, f"{seen}; the file is kept as one row")
    return Quarantined(file, "file_not_json", seen, f"{seen}; the file is kept as one row")


def header_of(lines: FileLines) -> str:
    """The first line of a file, as the header that it may be."""
    return lines.first_line.removesuffix("\r")


def _unopened(file: LandedFile, fault: str, packed: str) -> Quarantined | None:
    if fault == FORBIDDEN:
        return Quarantined(file, "file_unreadable", "", "the file may not be read. Permit it to who runs Tidebook")
    if packed:
        return Quarantined(file, "file_packed", packed, f"saw {packed}. {NEVER_UNPACKED}")
    return None
