"""Finds the feeds: the modules of feeds/, the entry points `tidebook.feeds`, the setting TIDEBOOK_FEEDS.

Belongs here: discovery. Does not: what a feed is (feeds/spec.py), any feed (a module each in feeds/).
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from analytics_assets import feeds as own
from analytics_assets.feeds.spec import Feed
from resources.errors import UserError

ENTRY_POINTS = "tidebook.feeds"


class FeedError(UserError):
    """A feed that cannot be loaded, or is not there; says which and what to do."""


def load_feeds(extra: Iterable[str] = ()) -> dict[str, Feed]:
    """Feeds by name: of feeds/, of installed packages, and of `extra` (modules or .py files).

    Modules of feeds/ without a FEED say what a feed is. Raises FeedError if another one has none, or if two feeds have
    one name.
    """
    found = [importlib.import_module(f"{own.__name__}.{one.name}") for one in pkgutil.iter_modules(own.__path__)]
    modules: list[object] = [module for module in found if hasattr(module, "FEED")]
    modules += [_checked(entry.value, entry.load) for entry in entry_points(group=ENTRY_POINTS)]
    modules += [_checked(name, lambda name=name: _import(name)) for name in extra]
    feeds: dict[str, Feed] = {}
    for module in modules:
        feed = module if isinstance(module, Feed) else getattr(module, "FEED", None)
        if not isinstance(feed, Feed):
            raise FeedError(f"{getattr(module, '__name__', module)}: saw no FEED, expected FEED = Feed(...)")
        if feed.name in feeds and feeds[feed.name] is not feed:
            raise FeedError(f"two feeds are named {feed.name!r}: rename one of them")
        feeds[feed.name] = feed
    return dict(sorted(feeds.items()))


def find_feed(name: str, extra: Iterable[str] = ()) -> Feed:
    """The feed of that name. Raises FeedError that lists the feeds there are."""
    feeds = load_feeds(extra)
    if name not in feeds:
        raise FeedError(f"saw feed {name!r}, expected one of: {', '.join(feeds)}. More come with TIDEBOOK_FEEDS")
    return feeds[name]


def _import(name: str) -> ModuleType:
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = Path(name).resolve()
    module_name = f"tidebook_feed_{path.stem}"
    if module_name in sys.modules and getattr(sys.modules[module_name], "__file__", None) == str(path):
        return sys.modules[module_name]
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FeedError(f"{name}: no such file; TIDEBOOK_FEEDS names modules or .py files")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
    return module


def _checked(name: str, load: object) -> object:
    try:
        return load()  # type: ignore[operator]
    except FeedError:
        raise
    except Exception as error:
        raise FeedError(f"feed {name} cannot be loaded: {type(error).__name__}: {error}") from error
