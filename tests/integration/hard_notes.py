"""Notes that are hard to count: what the generator does not make, put beside what it made.

Belongs here: files and gaps that each bring one case of the definitions. Does not: what comes out of them
(oracle.sql), the shares of late, doubled and broken rows (analytics_assets/samples).
"""

import shutil
from pathlib import Path

HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
USERS = "user_id,join_date,country,device_type,subscription_type"

# Arrival 2025-02-10. Its file sorts after the generated events.csv.
MIXED = f"""{HEADER}
gap,2025-02-10 09:00:00,view,p1,10,5.1.0
gap,2025-02-10 09:29:59.999,view,p1,10,5.1.0
gap,2025-02-10 09:59:59.999,view,p1,10,5.1.0
midnight,2025-02-10 23:59:00,view,p1,120000,5.1.0
midnight,2025-02-11 00:01:00,view,p1,10,5.1.0
tied,2025-02-10 09:00:00,view,p2,10,5.1.0
tied,2025-02-10 09:00:00,edit,p9,7200000,5.1.0
tied,2025-02-10 09:00:00,view,p1,10,5.1.0
tied,2025-02-10 09:10:00,share,p1,0,5.1.0
tied,2025-02-10 09:10:00,share,p0,0,5.1.0
millis,2025-02-10 09:00:00.007,view,p1,5,5.1.0
millis,2025-02-10T09:00:01.008,view,p1,9,5.1.0
100%|#1,2025-02-10 09:00:00,view,p1,10,5.1.0
\u00fcser \u4e16,2025-02-10 09:00:00,view,p1,10,5.1.0

"quoted, ""user""\",2025-02-10 09:00:00,"view",p1,+10,5.1.0
early,2025-02-11 09:00:00,view,p1,10,5.1.0
future,2025-02-12 00:00:00,view,p1,10,5.1.0
first,2023-01-01 00:00:00,view,p1,10,5.1.0
before,2022-12-31 23:59:59,view,p1,10,5.1.0
wrong,2025-02-10 09:00:00,view,p1,7200001,5.1.0
wrong,2025-02-10 09:00:00,view,p1,99999999999999999999,5.1.0
wrong,2025-02-10 09:00:00,view,p1,1.5,5.1.0
wrong,2025-02-10 09:00:00,view,p1, 7,5.1.0
wrong,2025-13-10 09:00:00,view,p1,7,5.1.0
wrong,2025-02-10,view,p1,7,5.1.0
,,,,,
wrong,2025-02-10 09:00:00,vi"ew,p1,7,5".1.0
wrong,2025-02-10 09:00:00,"view,p1,7,5.1.0
wrong,2025-02-10 09:00:00,view,p1,7,5.1.0,
wrong
winner,2025-02-10 09:00:00,view,p1,500,5.9.0
winner,2025-02-10 09:00:00,view,p1,400,5.9.0
winner,2025-02-10 09:00:00,view,p1,400,5.8.0
loads,2025-02-10 09:00:00,page_view,p1,0,5.10.0-beta.11
loads,2025-02-10 09:00:01,page_view,p1,1,5.10.0-beta.2
loads,2025-02-10 09:00:02,page_view,p1,2,5.010.0+7
loads,2025-02-10 09:00:03,page_view,p1,7200000,\u0665.v20250210093000123456789
loads,2025-02-10 09:00:04,page_view,p1,0,-
loads,2025-02-10 09:00:05,page_view,p1,0,5.10.0-beta.11
loads,2025-02-10 09:00:06,page_view,p1,3,all
moves,2025-02-10 09:20:00,view,p1,10,5.1.0
last,2025-02-10 09:00:00,view,p1,10,5.1.0"""

# Of one who signs up on 2025-04-09, far from the first day, in a week with a day before and another one after.
LONG_BEFORE = f"""{HEADER}
waits,2025-01-20 09:00:00,view,p1,10,5.1.0
waits,2025-04-08 09:00:00,view,p1,10,5.1.0
waits,2025-04-11 09:00:00,view,p1,10,5.1.0
"""

# The same arrival, a file that sorts before: it wins. And arrival 2025-02-12, which comes later and loses,
# but whose late row joins two sessions of `moves` and starts earlier.
EARLIER_FILE = (
    f"{HEADER}\r\nwinner,2025-02-10 09:00:00,view,p1,900,5.9.9\r\n\r\nmoves,2025-02-10 09:50:00,view,p1,1,5.1.0\r\n"
)
LATER_ARRIVAL = f"""\ufeff{HEADER}
winner,2025-02-10 09:00:00,view,p1,1,5.0.0
moves,2025-02-10 09:35:00,view,p1,10,5.1.0
moves,2025-02-10 08:55:00,view,p1,10,5.1.0
longago,2025-01-15 09:00:00,view,p1,10,5.1.0
longago,2025-01-17 09:00:00,view,p1,10,5.1.0
late,2025-02-11 09:00:00,view,p1,10,5.1.0
"""

# A column more, and the others in another order.
OTHER_HEADER = """page_id,"more",app_version,timestamp,action_type,duration_ms,user_id
p1,x,5.1.0,2025-02-13 09:00:00,view,10,own
p1,5.1.0,2025-02-13 09:00:00,view,10,own
p1,"x, y",5.1.0,2025-02-13 09:40:00,view,-1,own
"p,2",,5.1.0,2025-02-12 09:40:00,view,20,own
"""

SNAPSHOT_BEFORE = f"""{USERS}
gap,2024-01-01,DE,phone,free
gap,2024-01-02,FR,phone,free
gap,2024-01-02,FR,phone,pro
tied,2024-01-01,,tablet,
broken,2024-02-31,DE,phone,free
broken,2024-02-28,DE,phone
future,2024-01-01,AT,phone,free
"""
SNAPSHOT_SAME_DAY = f"{USERS}\ngap,2023-01-01,IT,laptop,free\nmillis,,IT,laptop,free\n"
SNAPSHOT_AFTER = f"""{USERS}
gap,2024-01-01,PT,phone,free
midnight,2025-02-11,PT,phone,free
longago,2025-02-26,PT,phone,free
waits,2025-04-09,PT,phone,free
quiet,2025-02-12,PT,phone,free
last,2024-01-01,NZ,phone,free
"""


def make_hard(landing: Path) -> None:
    """Change a landing that holds generated notes of at least 2025-01-15 to 2025-05-14.

    The first arrival is taken away, so that late rows come before the history begins; another one in its
    middle, so that a date is missing.
    """
    events, users = landing / "notes" / "events", landing / "notes" / "users"
    for gone in ("2025-01-15", "2025-03-20"):
        shutil.rmtree(events / gone)
    texts = {
        events / "2025-02-10" / "mixed.csv": MIXED,
        events / "2025-02-10" / "a_first.csv": EARLIER_FILE,
        events / "2025-02-12" / "a_first.csv": LATER_ARRIVAL,
        events / "2025-04-11" / "waits.csv": LONG_BEFORE,
        events / "2025-02-13" / "empty.csv": "",
        events / "2025-02-13" / "header_alone.csv": f"{HEADER}\n",
        events / "2025-02-13" / "header_wrong.csv": f"{HEADER[5:]}\nx,2025-02-13 09:00:00,view,p1,10,5.1.0\n",
        events / "2025-02-13" / "header_of_its_own.csv": OTHER_HEADER,
        events / "2025-02-13" / "no_header.csv": "x,2025-02-13 09:00:00,view,p1,10,5.1.0\n",
        events / "2025-03-19" / "early.csv": f"{HEADER}\nearly,2025-03-20 09:00:00,view,p1,10,5.1.0\n",
        events / "2025-05-15" / "open.csv": f"{HEADER}\nopen,2025-05-15 09:00:00,view,p1,10,5.1.0\n"
        "open,2025-05-16 09:00:00,view,p1,10,5.1.0\nopen,2025-05-17 09:00:00,view,p1,10,5.1.0\n",
        users / "2025-02-01" / "more.csv": SNAPSHOT_BEFORE,
        users / "2025-02-10" / "more.csv": SNAPSHOT_SAME_DAY,
        users / "2025-02-11" / "more.csv": SNAPSHOT_AFTER,
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
