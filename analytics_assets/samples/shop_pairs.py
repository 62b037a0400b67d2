"""Interactions by user, product and pair, counted while the shop sample is made.

Belongs here: counts over all dates, and the greatest of them. Does not: distinct users by date (tally.py).
"""

import numpy as np

from analytics_assets.samples.events import Events, Ints
from analytics_assets.samples.truth import Pair

TOP = 20


class Pairs:
    """Adds up blocks of events, each key once."""

    def __init__(self, users: int, products: int) -> None:
        self._by_user, self._by_product = np.zeros(users + 1, np.int64), np.zeros(products + 1, np.int64)
        self._keys, self._counts = np.zeros(0, np.int64), np.zeros(0, np.int64)

    def add(self, events: Events) -> None:
        """Events in any order."""
        self._by_user += np.bincount(events["user"], minlength=len(self._by_user))
        self._by_product += np.bincount(events["product"], minlength=len(self._by_product))
        keys, counts = np.unique(
            events["user"].astype(np.int64) * len(self._by_product) + events["product"], return_counts=True
        )
        self._keys, place = np.unique(np.concatenate([self._keys, keys]), return_inverse=True)
        both = np.concatenate([self._counts, counts])
        self._counts = np.bincount(place, weights=both, minlength=len(self._keys)).astype(np.int64)

    @property
    def users(self) -> int:
        """Users with an interaction."""
        return int(np.count_nonzero(self._by_user))

    @property
    def products(self) -> int:
        """Products with an interaction."""
        return int(np.count_nonzero(self._by_product))

    @property
    def pairs(self) -> int:
        """Pairs of a user and a product with an interaction."""
        return len(self._keys)

    def top_users(self) -> dict[str, int]:
        """The most frequent users, ties by id."""
        return _top(self._by_user)

    def top_products(self) -> dict[str, int]:
        """The most frequent products, ties by id."""
        return _top(self._by_product)

    def top_pairs(self) -> list[Pair]:
        """The most frequent pairs, ties by user and product."""
        order = np.lexsort((self._keys, -self._counts))[:TOP]
        users, products = np.divmod(self._keys[order], len(self._by_product))
        rows = zip(users.tolist(), products.tolist(), self._counts[order].tolist(), strict=True)
        return [Pair(user_id=user, product_id=product, interactions=count) for user, product, count in rows]


def _top(counts: Ints) -> dict[str, int]:
    order = np.argsort(-counts, kind="stable")[:TOP]
    return {str(number): int(counts[number]) for number in order.tolist() if counts[number]}
