"""The table of hostile inputs in docs/reliability.md, from the corpus by which the tests land them.

.venv/bin/python docs/hostile_inputs.py
"""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests" / "integration")]

from hostile_inputs import table  # noqa: E402

PAGE = PROJECT / "docs" / "reliability.md"
BEGIN, END = "<!-- the corpus begins -->\n", "<!-- the corpus ends -->\n"


def with_table(page: str) -> str:
    """The page with the table of the corpus as it is now."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{PAGE}: saw no {BEGIN.strip()} and {END.strip()}, between which the table stands")
    return f"{before}{BEGIN}{table()}{END}{after}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(with_table(PAGE.read_text()))


if __name__ == "__main__":
    main()
