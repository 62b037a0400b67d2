"""Parts of the index: how a feed is, a row for each finding, each light with its word and its sign.

Belongs here: HTML, in which every text is escaped. Does not: the findings (transforms/health.py).
"""

from __future__ import annotations

from html import escape

from analytics_assets.transforms.health import FeedHealth, Light

SIGNS = {Light.GREEN: "\u25cf", Light.AMBER: "\u25b2", Light.RED: "\u25a0"}


def health_section(health: FeedHealth) -> str:
    """A row for each finding, and when it was seen."""
    if not health.findings:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(one.name)}</th><td>{light(one.light.word)}</td><td>{escape(one.said)}</td></tr>'
        for one in health.findings
    )
    return (
        f'<section aria-label="Health"><h2>Health: {light(health.word)}</h2>'
        f'<p class="note">As seen at {health.seen_at:%Y-%m-%d %H:%M} UTC. Now: '
        f"<code>tidebook status {escape(health.feed)}</code></p>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="Findings"><table class="findings">'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def light(word: str) -> str:
    """A light: its sign and its word; another word has no sign."""
    known = {one.word: sign for one, sign in SIGNS.items()}
    if word not in known:
        return escape(word)
    return f'<span class="light {word}"><i aria-hidden="true">{known[word]}</i> {word}</span>'
