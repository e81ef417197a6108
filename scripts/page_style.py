"""How the page of benchmark.py looks: its colours, light and dark, and the style sheet.

All text has a contrast of at least 4.5 to 1 with what is behind it, lines and bars 3 to 1 (a test computes that),
and the two servers differ in the shape of their marks as well as in colour: blue and orange, which people with any
kind of colour blindness can tell apart.
"""

__all__ = ["COLOURS", "STYLE"]

# name -> (light, dark)
COLOURS = {
    "page": ("#f6f7f9", "#101418"),
    "card": ("#ffffff", "#181d23"),
    "text": ("#1a1f26", "#e7ebf0"),
    "faint": ("#57606b", "#9da8b5"),
    "grid": ("#e3e7ec", "#2b323b"),
    "axis": ("#7b8591", "#6f7a87"),
    "first": ("#1f66c1", "#62a8f5"),
    "second": ("#b05008", "#f0a04b"),
}
# What is behind what, for the test: text, and what is drawn.
TEXT_COLOURS, DRAWN_COLOURS = ("text", "faint", "first", "second"), ("first", "second", "axis")


def _variables(index):
    return " ".join(f"--{name}: {pair[index]};" for name, pair in COLOURS.items())


STYLE = f"""
:root {{ color-scheme: light dark; {_variables(0)} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_variables(1)} }} }}
""" + """
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -.02em; margin: 0 0 6px; }
h2 { font-size: 22px; letter-spacing: -.01em; margin: 52px 0 2px; }
h3 { font-size: 15px; margin: 0; }
p { margin: 4px 0 14px; max-width: 80ch; }
header p { max-width: none; }
.faint { color: var(--faint); }
.first { color: var(--first); } .second { color: var(--second); }
h1 .first, h1 .second { white-space: nowrap; }
.card { background: var(--card); border: 1px solid var(--grid); border-radius: 12px; padding: 16px 18px;
  margin: 14px 0; min-width: 0; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(430px, 100%), 1fr)); gap: 14px;
  margin: 14px 0; }
.small { grid-template-columns: repeat(auto-fill, minmax(238px, 1fr)); }
.grid .card { margin: 0; }
.heroes { display: flex; flex-wrap: wrap; gap: 14px; margin: 26px 0 0; }
.hero { flex: 1 1 200px; margin: 0; }
.hero b { display: block; font-size: 38px; line-height: 1.15; letter-spacing: -.03em;
  font-variant-numeric: tabular-nums; }
.hero span { display: block; font-size: 14px; color: var(--faint); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 2px 0 8px; padding: 0;
  list-style: none; font-size: 14px; }
.legend svg { width: 34px; height: 12px; margin-right: 7px; vertical-align: -1px; }
figure { margin: 0; overflow-x: auto; }
figure > svg { display: block; width: 100%; height: auto; }
.bars > svg { min-width: 640px; }
svg text { font-size: 12px; fill: var(--faint); font-variant-numeric: tabular-nums; }
svg .name, svg .value { fill: var(--text); font-size: 13px; }
svg .strong { fill: var(--text); font-size: 13px; font-weight: 650; }
svg .grid-line { stroke: var(--grid); }
svg .axis-line { stroke: var(--axis); }
svg .fill0 { fill: var(--first); } svg .fill1 { fill: var(--second); }
svg .line0 { stroke: var(--first); } svg .line1 { stroke: var(--second); }
svg .line0, svg .line1 { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
svg .line1 { stroke-dasharray: 7 4; }
svg .mark { stroke: var(--card); stroke-width: 1.4; }
details { margin-top: 10px; font-size: 14px; }
summary { cursor: pointer; color: var(--faint); width: max-content; }
summary:hover { color: var(--text); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; margin-top: 6px; }
th, td { text-align: right; padding: 3px 14px 3px 0; border-bottom: 1px solid var(--grid); white-space: nowrap; }
th { font-weight: 600; color: var(--faint); }
thead th { white-space: normal; vertical-align: bottom; max-width: 9em; line-height: 1.25; }
th:first-child, td:first-child { text-align: left; }
tbody th { color: var(--text); font-weight: 400; }
.facts th { text-align: left; vertical-align: top; color: var(--faint); }
.facts td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
footer { margin-top: 48px; font-size: 14px; color: var(--faint); }
@media print { body { background: none; } .card { break-inside: avoid; } }
"""
