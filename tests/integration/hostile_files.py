"""Hostile files: their bytes, or what stands there in place of a file, each with what becomes of it.

Belongs here: what is hostile about a file as a whole. Does not: hostile values (hostile_values.py), files of gigabytes
(test_hostile_sizes.py).
"""

import bz2
import codecs
import gzip
import lzma
import os
import socket
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from hostile_shapes import Shape

from resources.limits import LONGEST_HEADER, LONGEST_LINE, LONGEST_RECORD

Rules = tuple[str, ...]
Put = Callable[[Path], None]


@dataclass(frozen=True)
class Made:
    """What lands, and what is expected of it. file: its name as it is told, None where it is not read at all.

    put: what makes it in its folder, where that is more than to write its bytes. landed: rows. rejected: rules by line.
    """

    content: bytes = b""
    file: str | None = ""
    landed: int = 1
    rejected: dict[int, Rules] = field(default_factory=dict)
    put: Put | None = None


def quarantined(content: bytes, rule: str) -> Made:
    """A file that is kept as one row."""
    return Made(content, rejected={1: (rule,)})


def packed(content: bytes) -> dict[str, bytes]:
    """The content as programs pack it."""
    zipped = BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("events.csv", content)
    return {
        "gzip": gzip.compress(content),
        "bzip2": bz2.compress(content),
        "xz": lzma.compress(content),
        "zip": zipped.getvalue(),
        "zstd": b"\x28\xb5\x2f\xfd" + content,
        "lz4": b"\x04\x22\x4d\x18" + content,
        "snappy": b"\xff\x06\x00\x00sNaPpY" + content,
    }


def bomb(gigabytes: int) -> bytes:
    """A gzip file that would be so large unpacked."""
    return gzip.compress(b"\0" * (100 << 20), 9) * (gigabytes * 10)


def of_every_feed(shape: Shape) -> dict[str, Made]:
    """Files that are no text of any feed."""
    good = shape.file(shape.row())
    of_lines = shape.ending != ".json"
    files = {
        **{f"{name} under another name": quarantined(found, "file_packed") for name, found in packed(good).items()},
        "a gzip bomb of 10 GB": quarantined(bomb(10), "file_packed"),
        "a file of 8 MB of zeros": quarantined(
            b"\0" * (8 << 20),
            ("file_header" if shape.first == 2 else "file_line_too_long") if of_lines else "file_not_json",
        ),
    }
    begins = {
        "a PNG picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        "a program": b"\x7fELF\x02\x01\x01" + bytes(64),
        "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
        "a Parquet file": b"PAR1\x15\x04\x15\x10" + bytes(32) + b"PAR1",
        "a SQLite database": b"SQLite format 3\x00\x10\x00",
        "a web page": b"<!DOCTYPE html>\n<html><script>alert(1)</script></html>\n",
        "a file in UTF-16 that the feed does not declare": good.decode().encode("utf-16"),
        "a file in UTF-32": good.decode().encode("utf-32"),
        "zeros": bytes(1000),
    }
    rule = "file_header" if of_lines else "file_not_json"
    if not of_lines or shape.first == 2:
        files |= {name: quarantined(content, rule) for name, content in begins.items()}
    return files


def of_headers(shape: Shape, header: str) -> dict[str, Made]:
    """Files of lines below a header."""
    names = header.split(",")
    good, lines = shape.row(), shape.file
    wrong = {
        "a million columns": ",".join(f"c{place}" for place in range(1_000_000)),
        "a header of 64 KB": header + "," + "x" * LONGEST_HEADER,
        "a header with a name twice": f"{header},{names[0]}",
        "a header without a column": ",".join(names[1:]),
        "a header in capitals": header.upper(),
        "a header with blanks": header.replace(",", ", "),
        "a header of separators": "," * 40,
        "a header with another separator": header.replace(",", ";"),
        "a header with U+0000": header.replace(names[0], f"{names[0]}\x00"),
        "a header with marks of no width": header.replace(names[0], f"\u200b{names[0]}"),
        "a header with an open quote": f'"{header}',
        "a header of HTML and SQL": "<b>user_id</b>,'; DROP TABLE bronze; --",
    }
    files = {
        name: quarantined(lines(good).replace(header.encode(), text.encode(), 1), "file_header")
        for name, text in wrong.items()
    }
    return files | {
        "no header": quarantined(good + b"\n", "file_header"),
        "line ends of carriage returns alone": quarantined(lines(good, good).replace(b"\n", b"\r"), "file_header"),
        "an empty file": quarantined(b"", "file_empty"),
        "a million empty lines": quarantined(b"\r\n\n" * 500_000, "file_empty"),
        "a byte order mark alone": quarantined(codecs.BOM_UTF8, "file_empty"),
        "a header alone": Made(lines(), landed=0),
        "100,000 empty lines among the rows": Made(lines(good) + b"\n" * 100_000 + good, landed=2),
        "1,000 unknown columns": Made(
            b",".join([header.encode(), *(b"c%d" % place for place in range(1000))])
            + b"\n" + good + b"," * 1000 + b"\n" + good + b"\n", landed=2, rejected={3: ("too_few_fields",)},
        ),
    }  # fmt: skip


def of_lines(shape: Shape) -> dict[str, Made]:
    """Files of lines, with or without a header."""
    good, at = shape.row(), shape.first
    sep = b" " if shape.feed == "access_log" else b","
    few, many, first = ("too_few_fields",), ("too_many_fields",), good.split(sep)[0]
    # A line at the limit, and one a byte above it: a good row's text is made as long as it takes.
    fill = LONGEST_LINE - len(good)
    at_limit, above = (good.replace(b"ann", b"ann" + b"x" * more, 1) for more in (fill, fill + 1))
    bad = {
        "a line of separators, 100,000 of them": (sep * 100_000, many),
        "a line of quotes, 99,999 of them": (b'"' * 99_999, ("unclosed_quote",)),
        "a line of quoted fields, 100,000 of them": (sep.join([b'""'] * 100_000), many),
        "a quote that does not end": (b'"' + good, ("unclosed_quote",)),
        "a quote inside a field": (good.replace(b"ann", b'a"n"n', 1), ("stray_quote",)),
        "a field more": (good + sep + b"x", many),
        "a field less": (good.rpartition(sep)[0], few),
        "one field": (first, few),
        "a line of U+0000": (bytes(1000), few),
        "a line of blanks": (b" " * 1000, many if sep == b" " else few),
        "a carriage return as a line end": (good + b"\r" + good, many),
    }
    if shape.feed == "access_log":
        bad.pop("a field less")
        bad["a field less"] = (good.removesuffix(b" Firefox"), few)
    files = {
        name: Made(shape.file(line, shape.row(place=1)), landed=2, rejected={at: rules})
        for name, (line, rules) in bad.items()
    }
    return files | {
        "a text with a line end": Made(
            shape.file(good.replace(b"ann", b'"an\nn"', 1)), landed=2,
            rejected={at: ("unclosed_quote",), at + 1: ("unclosed_quote",)},
        ),
        "a line of 1 MiB": Made(shape.file(at_limit, shape.row(place=1)), landed=2),
        "a line of 1 MiB and a byte": quarantined(shape.file(good, above, good), "file_line_too_long"),
        "a last line of 9 MB without its end": quarantined(shape.file(good) + b"x" * 9_000_000, "file_line_too_long"),
        "carriage returns before line ends": Made(shape.file(good).replace(b"\n", b"\r\n"), landed=1),
        "a byte order mark": Made(codecs.BOM_UTF8 + shape.file(good), landed=1),
        "no line end at the end": Made(shape.file(good, shape.row(place=1))[:-1], landed=2),
        "the same row 1,000 times": Made(shape.file(*[good] * 1000), landed=1000),
    }  # fmt: skip


def nested(depth: int, inside: bytes = b"1") -> bytes:
    """JSON so deep."""
    return b"[" * depth + inside + b"]" * depth


def with_key(row: bytes, key: bytes, value: bytes) -> bytes:
    """A record with a key more."""
    return row[:-1] + b', "' + key + b'": ' + value + b"}"


def of_records(shape: Shape) -> dict[str, Made]:
    """Files of JSON arrays."""
    good, other = shape.row(), shape.row(place=1)
    no_object = ("not_an_object",)
    fill = LONGEST_RECORD - len(with_key(good, b"x", b'""'))
    files = {
        name: quarantined(content, "file_not_json")
        for name, content in {
            "an empty file": b"",
            "blanks alone": b" \r\n\t",
            "one object, no array": good,
            "an object a line": good + b"\n" + other,
            "an array that does not end": shape.file(good)[:-1],
            "an array that ends in a record": shape.file(good, other)[:-20],
            "a comma more": shape.file(good, b""),
            "no comma": shape.file(good) + shape.file(other),
            "text after the array": shape.file(good) + b"x",
            "NaN as a number": b"[NaN]",
            "Infinity as a number": shape.file(with_key(good, b"x", b"-Infinity")),
            "a number in hexadecimal": shape.file(with_key(good, b"x", b"0x10")),
            "single quotes": shape.file(good.replace(b'"', b"'")),
            "a comment": b"[/* one */" + good + b"]",
            "U+0000 in a text, not escaped": shape.file(shape.row("a").replace(b'"a"', b'"a\0b"')),
            "a line end in a text, not escaped": shape.file(good.replace(b"ann", b"a\nn")),
            "an escape that is none": shape.file(good.replace(b"ann", b"\\x41")),
            "a byte order mark twice": codecs.BOM_UTF8 * 2 + shape.file(good),
            "zeros after the array": shape.file(good) + bytes(10),
            "the word null": b"null",
            "CSV": b"a,b\n1,2\n",
        }.items()
    }
    files |= {
        name: quarantined(content, "file_too_large")
        for name, content in {
            "arrays nested 10,000 deep": b"[" + nested(10_000) + b"]",
            "arrays nested a million deep, without an end": b"[" * 1_000_000,
            "objects nested 10,000 deep": b"[" + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"]",
            "arrays nested 101 deep": b"[" + nested(101) + b"]",
            "a number of 1,001 digits": shape.file(with_key(good, b"x", b"7" * 1001)),
            "a record of 1 MiB and a character": shape.file(with_key(good, b"x", b'"' + b"x" * (fill + 1) + b'"')),
            "a text of 9 MB": shape.file(with_key(good, b"x", b'"' + b"x" * 9_000_000 + b'"')),
            "a text that does not end": b'["' + b"x" * 3_000_000,
        }.items()
    }
    fine = {
        "a record of 1 MiB": with_key(good, b"x", b'"' + b"x" * fill + b'"'),
        "a record nested 100 deep": with_key(good, b"x", nested(99)),
        "a number of 400 digits": with_key(good, b"x", b"7" * 400),
        "a number of 1,000 digits": with_key(good, b"x", b"7" * 1000),
        "a number above any double": with_key(good, b"x", b"1e400"),
        "a key twice": with_key(good, b"event", b'"other"'),
        "a key of 100,000 characters": with_key(good, b"x" * 100_000, b"1"),
        "10,000 keys": with_key(good, b'": 1, "'.join(b"k%d" % place for place in range(10_000)), b"1"),
        "a lone surrogate in another key": with_key(good, b"x", b'"\\ud800"'),
        "a lone surrogate in a key": with_key(good, b"\\ud800", b"1"),
        "an empty key": with_key(good, b"", b"1"),
        "keys with dots, dollars and quotes": with_key(good, b"$.a['b'].\\\"", b"{}"),
    }
    files |= {name: Made(shape.file(record, other), landed=2) for name, record in fine.items()}
    bad = {"a number": b"1", "a text": b'"x"', "null": b"null", "an array": b"[{}]", "true": b"true"}
    files |= {
        f"a record that is {name}": Made(shape.file(record, other), landed=2, rejected={1: no_object})
        for name, record in bad.items()
    }
    empty = ("distinct_id_missing", "event_missing", "timestamp_missing", "uuid_missing")
    return files | {
        "1,000 keys of one hash": Made(
            shape.file(with_key(good, b'": 1, "'.join(keys_of_one_hash(10)), b"1"), other), landed=2,
            rejected={1: no_object, 2: no_object},
        ),
        "an empty array": Made(b"[]", landed=0),
        "an array with blanks": Made(b" [\r\n\t] ", landed=0),
        "an empty record": Made(shape.file(b"{}", other), landed=2, rejected={1: empty}),
        "a byte order mark": Made(codecs.BOM_UTF8 + shape.file(good), landed=1),
        "10,000 empty records": Made(
            b"[" + b",".join([b"{}"] * 10_000) + b"]", landed=10_000,
            rejected=dict.fromkeys(range(1, 10_001), empty),
        ),
    }  # fmt: skip


def keys_of_one_hash(pairs: int) -> list[bytes]:
    """Keys for which a hash of 33 times what was before plus the next is the same: ab and bA are."""
    keys = [b""]
    for _ in range(pairs):
        keys = [key + part for key in keys for part in (b"ab", b"bA")]
    return keys


NAMES: dict[str, bytes] = {
    "a line end in the name": b"a\nb",
    "two dots in the name": b"a..b",
    "a percent sign and two dots": b"%2e%2e%2fa",
    "a lone percent sign": b"100%",
    "a backslash": b"a\\..\\b",
    "a dash first": b"-rf",
    "blanks at both ends": b" a ",
    "quotes and a semicolon": b"a'\";b",
    "a formula": b"=cmd()",
    "HTML": b"<img src=x onerror=alert(1)>",
    "right-to-left marks": "\u202ecsv.exe".encode(),
    "emoji": "👩‍👩‍👧".encode(),
    "letters with marks apart": "u\u0308".encode(),
    "signs of patterns": b"*?[a-z]{b,c}",
    "control characters": b"\x01\x1b[31m\x7f",
    "a hash, a question mark and a plus": b"a#b?c+d&e=f",
    "a name of 255 bytes": b"x" * 251,
}
"""Names of files that are read, up to the ending."""
BAD_NAMES: dict[str, bytes] = {"a colon in the name": b"09:30", "a name that is no UTF-8": b"a\xffb"}


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    # A socket's address is short: it is made beside the place where it is to stand.
    here = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{here}/{path.name}")
    os.close(here)


def _link(target: str) -> Put:
    return lambda path: path.symlink_to(target)


def kinds(good: bytes) -> dict[str, Made]:
    """What stands in place of a file. The name is that of a file of the feed."""
    no_file = {1: ("file_kind",)}

    def beside(path: Path, name: str) -> Path:
        other = path.parents[4] / "elsewhere" / name
        other.parent.mkdir(exist_ok=True)
        return other

    def out(path: Path) -> None:
        beside(path, "outside.csv").write_bytes(good)
        path.symlink_to(beside(path, "outside.csv"))

    def inside(path: Path) -> None:
        (path.parent / ".kept").write_bytes(good)
        path.symlink_to(".kept")

    def folder(path: Path) -> None:
        path.mkdir()
        (path / "part.csv").write_bytes(good)

    def link_to_folder(path: Path) -> None:
        (path.parent / ".folder").mkdir()
        (path.parent / ".folder" / "part.csv").write_bytes(good)
        path.symlink_to(".folder")

    def hard_link(path: Path) -> None:
        beside(path, "hard.csv").write_bytes(good)
        path.hardlink_to(beside(path, "hard.csv"))

    return {
        "a named pipe": Made(rejected=no_file, put=_fifo),
        "a socket": Made(rejected=no_file, put=_socket),
        "a link to a device": Made(rejected=no_file, put=_link("/dev/zero")),
        "a link that leads nowhere": Made(rejected=no_file, put=_link("nowhere")),
        "a link that leads to itself": Made(rejected=no_file, put=lambda path: path.symlink_to(path.name)),
        "a link that leads out of landing": Made(rejected=no_file, put=out),
        "a link to the password file": Made(rejected=no_file, put=_link("/etc/passwd")),
        "a link to a folder": Made(rejected=no_file, put=link_to_folder),
        "a link inside landing": Made(put=inside),
        "a hard link": Made(put=hard_link),
        "a folder under a file's name": Made(file="part.csv", put=folder),
        "an empty folder under a file's name": Made(file=None, put=lambda path: path.mkdir()),
    }


def is_pipe(path: Path) -> bool:
    """Whether a path is a named pipe."""
    return stat.S_ISFIFO(path.lstat().st_mode)
