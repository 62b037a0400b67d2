"""Events while they are still numbers: their columns, and that no two have one key by accident.

Belongs here: the arrays that pass from module to module. Does not: where the values come from
(visits.py, uniform.py), their text (lines.py).
"""

import numpy as np
import numpy.typing as npt

DAY_S = 86_400
ACTIONS = ("page_view", "edit", "create", "share", "search")
PAGE_VIEW = 0

# user: number from 1; second: since midnight of the sample's first date; action: index into ACTIONS;
# page: number from 0; version: index into the sample's list of versions.
EVENT = np.dtype(
    [
        ("user", np.int32),
        ("second", np.int64),
        ("action", np.int8),
        ("page", np.int32),
        ("duration_ms", np.int32),
        ("version", np.int16),
    ]
)
# landed: the second at which the row arrives, so its arrival is landed // DAY_S;
# broken: 0 for a whole row, else 1 + index into options.BROKEN_KINDS.
ROW = np.dtype([*EVENT.descr, ("landed", np.int64), ("broken", np.int8)])

Events = npt.NDArray[np.void]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def with_unique_keys(events: Events, pages: int) -> Events:
    """The events sorted by (user, second), some on another page, so that each key stands once.

    The key is (user, second, action, page). Raises ValueError if there are not pages enough for that.
    """
    # Seconds of ten years need 29 bits, users 24: one integer sorts faster than two columns.
    moment = (events["user"].astype(np.int64) << 32) | events["second"]
    order = np.argsort(moment, kind="stable")
    moment, events = moment[order], events[order]
    same = moment[1:] == moment[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    for _ in range(pages):
        group = events[tied]
        rank = np.lexsort((group["page"], group["action"], moment[tied]))
        key = [moment[tied][rank], group["action"][rank], group["page"][rank]]
        twice = np.logical_and.reduce([column[1:] == column[:-1] for column in key])
        if not twice.any():
            return events
        again = tied[rank[1:][twice]]
        events["page"][again] = (events["page"][again] + 1) % pages
    raise ValueError(f"pages: saw {pages}, expected more: a user does more in one second than there are pages")
