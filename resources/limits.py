"""Limits of what is read: one place for all of them, so that whatever lands costs a bounded amount of memory.

Belongs here: numbers, and why they are what they are. Does not: what follows where one is passed
(analytics_assets/layers/quarantine.py, docs/reliability.md). Imports nothing: tasks get what they use of it by value.
"""

MIB = 1 << 20

LONGEST_LINE = MIB
"""Bytes of a line as UTF-8. A task holds several copies of a row; a hundred times this still fits a small JVM."""
LONGEST_HEADER = 64 * 1024
"""Bytes of a first line that names columns."""
LARGEST_FILE = 16 * MIB
"""Bytes of a file that is read as one text: a JSON array, or lines in UTF-16. A task holds several copies of it: two
tasks at once need most of a JVM of 1 GB."""
MOST_RECORDS = 500_000
"""Elements of a JSON array. Spark keeps each as an object, however short it is."""
LONGEST_RECORD = MIB
"""Characters of an element of a JSON array."""
DEEPEST_RECORD = 100
"""Arrays and objects inside each other in a record. Python's reader ends near 1,000, Spark's at 1,000."""
LONGEST_NUMBER = 1000
"""Characters of a number in JSON: Spark's reader takes no longer one."""
