"""The page that benchmark.py writes with --html: charts of all figures, and the figures.

One file without scripts, fonts or anything else from elsewhere. Each section takes its part of the record of a run
(run_record.py) and is left out if there is nothing of it; below each chart stand its figures as a table. The charts
are page_charts.py's, colours and style page_style.py's.
"""
import statistics
from html import escape

from page_charts import (
    LARGE, SMALL, LinearScale, LogScale, NinesScale, Series, bar_chart, describe_latency, legend_mark,
    line_chart, short, short_bytes)
from page_style import STYLE

__all__ = ["make_page", "write_page"]

CURVE_TESTS = ("set", "get")    # whose latencies are drawn; else those of the first tests
MOST_CURVES = 2                 # in a group
WIDE = 20                       # times the least: then a scale is logarithmic
CURVES_FROM = 10                # percent: the luckiest few would only stretch the axis
AT_LEAST = "\u2265 "            # before a figure of which the generator was the limit
TIMES = "\u00d7"


def write_page(data, path):
    """Write the page of a record's data to a file. Raises OSError."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(make_page(data))


def make_page(data):
    """The whole page."""
    run = Run(data)
    sections = [throughput_section(run), latency_section(run), *scaling_sections(run), growth_section(run),
                *tables_sections(run), facts_section(run)]
    title = " against ".join(run.names) or "Benchmark"
    heading = ' <span class="faint">against</span> '.join(
        f'<span class="{kind}">{escape(name)}</span>' for kind, name in zip(("first", "second"), run.names))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{escape(title)}: benchmark</title><style>{STYLE}</style></head>
<body><main>
<header><h1>{heading or "Benchmark"}</h1>
<p class="faint">{escape(subtitle(run))}</p>{heroes(run)}</header>
{"".join(section for section in sections if section)}
<footer>Written by scripts/benchmark.py of redis_clone, {escape(run.began)}.</footer>
</main></body></html>
"""


class Run:
    """The data, looked up in the ways that sections need. What counts of several rounds is the median."""

    def __init__(self, data):
        self.data = data
        self.servers = data["servers"]
        self.names = [server["name"] for server in self.servers]
        self.began = data["began_at"].replace("T", " ").split("+")[0] + " UTC"
        self._identities = 0

    def identity(self):
        """A new one, for an element."""
        self._identities += 1
        return f"chart{self._identities}"

    def groups(self, *suites):
        """{title of the setting: [[the rounds' entries of one server for each server] for each test]}"""
        groups = {}
        for entry in self.data["results"]:
            if entry["suite"] in suites:
                tests = groups.setdefault(entry["setting"], {})
                servers = tests.setdefault(entry["title"], {})
                servers.setdefault(entry["server"], []).append(entry)
        return {setting: [[servers[index] for index in sorted(servers)] for servers in tests.values()]
                for setting, tests in groups.items()}

    @property
    def rounds(self):
        return max((entry["round"] + 1 for entry in self.data["results"]), default=1)


def median_entry(entries):
    """That of the median of the rounds."""
    ordered = sorted(entries, key=lambda entry: entry["requests_per_second"])
    return ordered[(len(ordered) - 1) // 2]


def ratios(servers):
    """The ratios within the rounds; none without a second server."""
    if len(servers) < 2:
        return []
    return [first["requests_per_second"] / second["requests_per_second"] for first, second in zip(*servers)]


# -- the top --------------------------------------------------------------------------------------------------

def subtitle(run):
    facts = run.data["facts"]
    words = [server["version"] for server in run.servers if server.get("version") not in ("", server["name"])]
    words += [f"{facts['processors']} processors", facts["processor"], facts["system"].split(" ")[0]]
    if run.rounds > 1:
        words.append(f"medians of {run.rounds} rounds")
    return " \u00b7 ".join(str(word) for word in words if word)


def heroes(run):
    """The figures to remember: for each group of tests the median of the ratios, or the highest rate."""
    cards = []
    for setting, tests in run.groups("", "core").items():
        medians = [statistics.median(ratios(servers)) for servers in tests if ratios(servers)]
        where = setting or "all tests"
        if medians:
            figure = f"{statistics.median(medians):.2f}{TIMES}"
            text = (f"{run.names[1]}'s throughput, {where}: median of {len(medians)} tests, "
                    f"{min(medians):.2f} to {max(medians):.2f}")
        else:
            best = max((median_entry(servers[0]) for servers in tests),
                       key=lambda entry: entry["requests_per_second"])
            figure, text = short(best["requests_per_second"]), f"requests per second at most ({best['title']}), {where}"
        cards.append(f'<div class="card hero"><b>{escape(figure)}</b><span>{escape(text)}</span></div>')
    return f'<div class="heroes">{"".join(cards)}</div>' if cards else ""


def legend(names, note=""):
    items = [f"<li>{legend_mark(index)}{escape(name)}</li>" for index, name in enumerate(names[:2])]
    if note:
        items.append(f'<li class="faint">{escape(note)}</li>')
    return f'<ul class="legend">{"".join(items)}</ul>'


# -- throughput and latency -----------------------------------------------------------------------------------

def throughput_section(run):
    groups = run.groups("", "core")
    if not groups:
        return ""
    limited = any(entry["generator_was_limit"] for tests in groups.values() for servers in tests
                  for entries in servers for entry in entries)
    note = f"{AT_LEAST.strip()} the load generator was the limit: the server can do more" if limited else ""
    cards = [throughput_card(run, setting, tests) for setting, tests in groups.items()]
    return (f"<section><h2>Throughput</h2><p class=\"faint\">Requests per second, more is better.</p>"
            f"{legend(run.names, note)}{''.join(cards)}</section>")


def throughput_card(run, setting, tests):
    rows, figures = [], []
    for servers in tests:
        entries = [median_entry(entries) for entries in servers]
        shares = ratios(servers)
        ratio = f"{statistics.median(shares):.2f}" if shares else ""
        spread = f"{min(shares):.2f}\u2013{max(shares):.2f}" if len(shares) > 1 else ""
        values = [entry["requests_per_second"] for entry in entries]
        texts = [(AT_LEAST if entry["generator_was_limit"] else "") + short(value, zeros=True)
                 for entry, value in zip(entries, values)]
        rows.append((entries[0]["title"].split(" (")[0], values, texts, ratio, spread))
        figures.append([entries[0]["title"], *(f"{value:,.0f}" for value in values),
                        *([ratio, spread] if len(values) > 1 else []),
                        *(f"{entry['latency_ms'][name]:.3f}" for name in ("p50", "p99") for entry in entries)])
    setting = setting or describe_entry(tests[0][0][0])
    chart = bar_chart(run.identity(), f"Requests per second, {setting}", describe_rows(run, rows), rows, len(run.names))
    columns = ["test", *(f"{name}, requests/s" for name in run.names)]
    columns += ["ratio", "spread"] if len(run.names) > 1 else []
    columns += [f"{name}, {percentile} ms" for percentile in ("p50", "p99") for name in run.names]
    return card(setting, f'<figure class="bars">{chart}</figure>' + figures_table(columns, figures))


def describe_entry(entry):
    words = f"{entry['clients']} client{'s' if entry['clients'] > 1 else ''}"
    return words + (f", pipelines of {entry['pipeline']}" if entry["pipeline"] > 1 else "")


def describe_rows(run, rows):
    return "; ".join(f"{name}: " + ", ".join(f"{server} {text}" for server, text in zip(run.names, texts))
                     for name, _, texts, _, _ in rows)


def latency_section(run):
    cards = []
    for setting, tests in run.groups("", "core").items():
        chosen = [servers for servers in tests if servers[0][0]["test"] in CURVE_TESTS] or tests[:MOST_CURVES]
        cards += [latency_card(run, setting, servers) for servers in chosen[:MOST_CURVES]]
    if not cards:
        return ""
    return ("<section><h2>Latency</h2><p class=\"faint\">How many of the requests are answered within which time, "
            "less is better. Both axes are logarithmic: each further nine of the percentile takes the same room."
            f"</p>{legend(run.names)}<div class=\"grid\">{''.join(cards)}</div></section>")


def latency_card(run, setting, servers):
    entries = [median_entry(entries) for entries in servers]
    entry = entries[0]
    # A percentile of fewer than so many pipelines would be that of the slowest one.
    pipelines = min(entry["requests"] // entry["pipeline"] for entry in entries)
    percents = [percent for percent, _ in entry["curve_ms"]
                if percent == 50 or CURVES_FROM <= percent < 100 and (100 - percent) * pipelines >= 100]
    series = [Series(run.names[index], index, [point for point in entry["curve_ms"] if point[0] in percents])
              for index, entry in enumerate(entries)]
    latencies = [latency for one in series for _, latency in one.points]
    title = f"{entry['title']}, {setting or describe_entry(entry)}"
    description = "; ".join(f"{one.name}: " + ", ".join(
        f"{percent} % within {describe_latency(latency)}" for percent, latency in one.points if percent >= 50)
        for one in series)
    chart = line_chart(run.identity(), f"Latency by percentile, {title}", description, series,
                       NinesScale(max(percents)), LogScale(latencies), "percentile", "ms", marks=False)
    figures = [[f"{percent} %", *(f"{dict(one.points)[percent]:.3f}" for one in series)] for percent in percents]
    return card(title, f"<figure>{chart}</figure>"
                + figures_table(["within", *(f"{name}, ms" for name in run.names)], figures))


# -- scaling --------------------------------------------------------------------------------------------------

def scaling_sections(run):
    yield scaling_section(run, "connections", "clients", "Number of clients",
                          "How throughput and the slowest hundredth of the requests change with the number of "
                          "clients that ask at the same time.", "clients", short)
    yield scaling_section(run, "sizes", "data_size", "Length of values",
                          "How throughput and the slowest hundredth of the requests change with the length of "
                          "what is stored and read.", "bytes", short_bytes)


def scaling_section(run, suite, field, heading, text, unit, form):
    tests = {}                              # title -> server -> x -> entries
    for entry in run.data["results"]:
        if entry["suite"] == suite:
            servers = tests.setdefault(entry["title"], {})
            servers.setdefault(entry["server"], {}).setdefault(entry[field], []).append(entry)
    if not tests:
        return ""
    cards = "".join(scaling_cards(run, title, [servers[index] for index in sorted(servers)], unit, form)
                    for title, servers in tests.items())
    return (f'<section><h2>{heading}</h2><p class="faint">{text}</p>{legend(run.names)}'
            f'<div class="grid">{cards}</div></section>')


def scaling_cards(run, title, servers, unit, form):
    entries = [{x: median_entry(rounds) for x, rounds in by_x.items()} for by_x in servers]
    cards = ""
    for name, figure, y_name, scale in (
            ("requests per second", lambda entry: entry["requests_per_second"], "requests/s", LinearScale),
            ("99th percentile of latency", lambda entry: entry["latency_ms"]["p99"], "ms", LogScale)):
        series = [Series(run.names[index], index, [(x, figure(entry)) for x, entry in sorted(by_x.items())])
                  for index, by_x in enumerate(entries)]
        if scale is LinearScale and is_wide(series):
            scale = LogScale
        cards += scaling_card(run, f"{title}: {name}", series, unit, form, y_name, scale)
    return cards


def is_wide(series):
    """Whether the low points of these lines would lie on the bottom of a linear axis."""
    ys = [y for one in series for _, y in one.points]
    return max(ys) > WIDE * min(ys)


def scaling_card(run, title, series, unit, form, y_name, scale, frame=LARGE):
    xs = [x for one in series for x, _ in one.points]
    ys = [y for one in series for _, y in one.points]
    description = "; ".join(f"{one.name}: " + ", ".join(f"{short(y)} with {form(x)}" for x, y in one.points)
                            for one in series)
    chart = line_chart(run.identity(), f"{title} by {unit}", description, series, LogScale(xs, form, marked=xs),
                       scale(ys), unit, y_name, frame)
    figures = [[f"{x:,}", *(f"{dict(one.points)[x]:,.2f}" if x in dict(one.points) else "" for one in series)]
               for x in sorted(set(xs))]
    return card(title, f"<figure>{chart}</figure>"
                + figures_table([unit, *(f"{one.name}, {y_name}" for one in series)], figures))


def growth_section(run):
    operations = {}                         # name -> server -> points
    for entry in run.data["growth"]:
        servers = operations.setdefault(entry["operation"], {})
        servers.setdefault(entry["server"], []).append((entry["size"], entry["microseconds"]))
    if not operations:
        return ""
    cards = ""
    # The suite has servers of its own, which need not be those of the other sections.
    shown = sorted({index for servers in operations.values() for index in servers})
    for name, servers in operations.items():
        series = [Series(run.names[index], shown.index(index), sorted(servers[index])) for index in sorted(servers)]
        cards += scaling_card(run, name, series, "elements", short, "\u00b5s", LogScale, SMALL)
    return ("<section><h2>Amount of data</h2><p class=\"faint\">Processor time of the server for a command, by the "
            "number of elements that there are. Flat is good; both axes are logarithmic.</p>"
            f'{legend([run.names[index] for index in shown])}<div class="grid small">{cards}</div></section>')


# -- tables ---------------------------------------------------------------------------------------------------

HEADINGS = {"persistence": "Saving and loading", "lua": "Scripts", "client": "The client", "embedding": "Embedding"}


def tables_sections(run):
    suites = {}
    for table in run.data["tables"]:
        suites.setdefault(table["suite"], []).append(table)
    for suite, tables in suites.items():
        cards = "".join(table_card(table) for table in tables)
        yield (f"<section><h2>{escape(HEADINGS.get(suite, suite.title()))}</h2>"
               f"{cards}</section>")


def table_card(table):
    limited = any(row["limit"] for row in table["rows"])
    columns = ["", *table["columns"], table["limited"], *(["limit"] if limited else [])]
    rows = []
    for row in table["rows"]:
        figures = ["" if figure is None else f"{figure:,.4g}" if abs(figure) < 1000 else f"{figure:,.0f}"
                   for figure in row["figures"]]
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        limit = (row["limit"] or "").replace("<=", "\u2264").replace(">=", "\u2265")
        limit = [limit + (" missed" if row["missed"] else "")] if limited else []
        rows.append([row["name"], *figures, ratio, *limit])
    return card(table["title"], f'<div class="scroll">{html_table(columns, rows)}</div>')


def facts_section(run):
    facts, rows = run.data["facts"], []
    for server in run.servers:
        words = [server.get("version"), server.get("address")]
        words += [f"{name} {server[name] or 'nothing'}" for name in ("save", "appendonly") if name in server]
        rows.append((server["name"], ", ".join(word for word in words if word)))
    processes = sorted({entry["processes"] for entry in run.data["results"]})
    rows += [
        ("machine", f"{facts['processors']} processors ({facts['processor'] or 'unknown'}), {facts['system']}"),
        ("load generator", f"{facts['benchmark']}, {facts['python']}"
         + (f", {' or '.join(map(str, processes))} process{'es' if processes != [1] else ''}" if processes else "")),
        ("options", " ".join(run.data["options"]) or "none"),
        ("rounds", f"{run.rounds}, of which the median counts; a ratio is that within a round"),
    ]
    for setting, entry in {entry["setting"]: entry for entry in run.data["results"]
                           if entry["suite"] in ("", "core")}.items():
        keys = f"{entry['keyspace']:,} random keys" if entry["keyspace"] else "one key"
        rows.append((setting or "tests", f"{entry['requests']:,} requests each, {describe_entry(entry)}, values of "
                                         f"{entry['data_size']} bytes, {keys}"))
    cells = "".join(f"<tr><th scope=\"row\">{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows)
    return ('<section><h2>How it was measured</h2><div class="card scroll">'
            f'<table class="facts"><tbody>{cells}</tbody></table></div></section>')


def card(title, content):
    return f'<div class="card"><h3>{escape(title)}</h3>{content}</div>'


def figures_table(columns, rows):
    """The figures of a chart, to be unfolded."""
    return f'<details><summary>Figures</summary><div class="scroll">{html_table(columns, rows)}</div></details>'


def html_table(columns, rows):
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join("<tr>" + f'<th scope="row">{escape(row[0])}</th>'
                   + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
