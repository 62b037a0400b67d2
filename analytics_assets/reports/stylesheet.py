"""Stylesheet: the page's CSS, with each colour in the light and in the dark scheme.

Belongs here: how the page around the charts looks. Does not: charts (style.py), elements (parts.py, cards.py).
"""

from __future__ import annotations

from analytics_assets.reports.style import BLUE, DARK, FONT, GREEN, INK, LINE, MUTED, ORANGE, PAPER, SURFACE, VERMILION

NAMED = {
    "paper": PAPER, "ink": INK, "muted": MUTED, "line": LINE, "surface": SURFACE, "link": BLUE, "vermilion": VERMILION,
    "green": GREEN, "amber": ORANGE,
}  # fmt: skip


def scheme_colour(colour: str) -> str:
    """A colour as CSS that follows the scheme; one that DARK lacks is the same in both."""
    return f"var(--c-{colour[1:]})" if colour in DARK else colour


def _variables() -> str:
    """Each colour as a variable: the page's script reads those of charts from here, too."""
    names = [*((f"c-{light[1:]}", light) for light in DARK), *NAMED.items()]
    light = ";".join(f"--{name}:{colour}" for name, colour in names)
    dark = ";".join(f"--{name}:{DARK[colour]}" for name, colour in names)
    return (
        f":root {{ color-scheme: light dark; {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
    )


CSS = f"""
{_variables()}
*, *::before, *::after {{ box-sizing: border-box }}
html {{ -webkit-text-size-adjust: 100% }}
body {{ margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 {FONT};
  font-variant-numeric: tabular-nums }}
main, header, footer {{ max-width: 1240px; margin: 0 auto; padding: 0 24px }}
h1, h2, h3, p, figure, dl, dd {{ margin: 0 }}
h1 {{ font-size: 28px; line-height: 1.2; letter-spacing: -.01em; overflow-wrap: anywhere }}
h2 {{ font-size: 19px; line-height: 1.3; margin: 34px 0 14px }}
h3 {{ font-size: 15px; line-height: 1.35 }}
a {{ color: var(--link) }}
code {{ font: 13px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--surface);
  border: 1px solid var(--line); border-radius: 4px; padding: 1px 5px; overflow-wrap: anywhere }}
header {{ padding-top: 28px }}
nav ul {{ display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 0 0 20px; padding: 0;
  font-size: 14px }}
nav a[aria-current=page] {{ color: var(--ink); font-weight: 600; text-decoration: none }}
.links {{ display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; margin: 22px 0 0; padding: 0;
  list-style: none }}
h2 + .links {{ margin-top: 0 }}
.link h3 {{ font-size: 17px }}
.link .label {{ font-size: 13px; font-weight: 400; color: var(--muted) }}
.link b {{ color: var(--ink); font-size: 16px; margin: 0 4px }}
.muted, .about, .note, footer {{ color: var(--muted) }}
.facts {{ display: flex; flex-wrap: wrap; gap: 4px 28px; margin-top: 12px; font-size: 14px }}
.facts div {{ display: flex; gap: 6px }}
.facts dt {{ color: var(--muted) }}
.facts dd {{ font-weight: 600 }}
.tiles {{ display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 14px; margin-top: 22px;
  padding: 0; list-style: none }}
.tile {{ border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; min-width: 0 }}
.tile .label {{ font-size: 14px; font-weight: 600; color: var(--ink) }}
.tile .number {{ color: var(--ink); font-size: 30px; line-height: 1.25; font-weight: 650; letter-spacing: -.02em }}
.tile p {{ font-size: 13px; color: var(--muted); overflow-wrap: anywhere }}
.tile .change {{ color: var(--ink); font-weight: 600 }}
.bar {{ display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between;
  gap: 8px 16px }}
.bar h2 {{ margin-bottom: 14px }}
.ranges {{ display: inline-flex; border: 1px solid var(--line); border-radius: 6px; overflow: hidden }}
.ranges button {{ border: 0; border-left: 1px solid var(--line); background: var(--paper); color: var(--ink);
  font: inherit; font-size: 13px; padding: 5px 12px; cursor: pointer }}
.ranges button:first-child {{ border-left: 0 }}
.ranges button[aria-pressed=true] {{ background: var(--ink); color: var(--paper) }}
.grid {{ display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px }}
.card {{ border: 1px solid var(--line); border-radius: 8px; padding: 16px 18px 10px; min-width: 0; display: flex;
  flex-direction: column }}
.card.wide {{ grid-column: 1 / -1 }}
.about, .note {{ font-size: 13px }}
.above {{ margin-bottom: 14px }}
.note {{ padding: 2px 0 4px }}
.legend {{ display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; margin: 8px 0 2px; padding: 0;
  font-size: 13px }}
.legend button {{ display: inline-flex; align-items: center; gap: 6px; border: 0; padding: 0;
  background: none; color: var(--ink); font: inherit; cursor: pointer; text-align: left; overflow-wrap: anywhere }}
.legend button[aria-pressed=false] {{ color: var(--muted); text-decoration: line-through }}
.legend i {{ flex: none; width: 11px; height: 11px; border-radius: 2px }}
.legend button[aria-pressed=false] i {{ opacity: .25 }}
button:focus-visible, a:focus-visible, summary:focus-visible, [tabindex]:focus-visible {{
  outline: 2px solid var(--link); outline-offset: 2px }}
.unit {{ color: var(--muted); font-weight: 400 }}
.fresh {{ font-size: 12px; color: var(--muted); padding: 2px 0 4px }}
details {{ font-size: 13px; margin: 2px 0 6px }}
summary {{ cursor: pointer; color: var(--link) }}
.values {{ max-height: 320px; overflow: auto; margin-top: 6px }}
.values thead th {{ position: sticky; top: 0; background: var(--paper) }}
.csv {{ display: inline-block; margin: 8px 0 2px; font-size: 13px }}
.chart {{ height: 260px; margin-top: auto; min-width: 0; overflow: hidden }}
.wide .chart {{ height: 330px }}
.chart.map {{ max-height: calc(52vw + 36px) }}
.empty {{ background: var(--surface); border-radius: 6px; padding: 16px; margin: 12px 0 8px; font-size: 14px }}
main > .empty {{ margin-top: 24px }}
.scroll {{ overflow-x: auto }}
table {{ border-collapse: collapse; width: 100%; font-size: 13px }}
th, td {{ padding: 5px 10px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line) }}
th:first-child, td:first-child {{ text-align: left; padding-left: 0 }}
thead th {{ color: var(--muted); font-weight: 600 }}
tbody th {{ font-weight: 400 }}
.warning {{ border: 1px solid var(--vermilion); border-left-width: 4px; border-radius: 6px; padding: 10px 14px;
  margin-bottom: 14px }}
.light {{ font-weight: 600; white-space: nowrap }}
.light i {{ font-style: normal }}
.light.green i {{ color: var(--green) }}
.light.amber i {{ color: var(--amber) }}
.light.red i {{ color: var(--vermilion) }}
h3 .light {{ font-size: 13px; margin-left: 8px }}
.findings th, .findings td {{ text-align: left; white-space: normal }}
.sentences {{ margin-top: 14px }}
.sentences td:last-child, .sentences th:last-child {{ text-align: left; white-space: normal; min-width: 16em }}
.landed {{ list-style: none; margin: 10px 0; padding: 0; font-size: 13px; overflow-wrap: anywhere }}
.landed li {{ margin-bottom: 8px }}
.landed code {{ unicode-bidi: isolate; white-space: pre-wrap }}
.reading {{ columns: 2; column-gap: 40px; padding-left: 18px; margin: 0; font-size: 14px }}
.reading li {{ break-inside: avoid; margin-bottom: 6px }}
footer {{ margin-top: 40px; padding-bottom: 36px; font-size: 13px; overflow-wrap: anywhere }}
@media (max-width: 860px) {{
  main, header, footer {{ padding-left: 16px; padding-right: 16px }}
  .grid, .links {{ grid-template-columns: minmax(0, 1fr) }}
  .tiles {{ grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px }}
  .tile {{ padding: 12px }}
  .tile:first-child {{ grid-column: 1 / -1 }}
  .tile .number {{ font-size: 25px }}
  .card {{ padding: 14px 12px 8px }}
  .wide .chart {{ height: 270px }}
  .reading {{ columns: 1 }}
}}
@media print {{ .card, .tile {{ break-inside: avoid }} .ranges, details, nav {{ display: none }} }}
"""
