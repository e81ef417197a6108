"""Tests of the page that scripts/benchmark.py writes: well-formed, self-contained, complete, with visible colours."""
import os
import re
import shutil
import tempfile
import unittest
from html.parser import HTMLParser
from xml.etree import ElementTree

from tests.benchmark_support import BenchmarkTestCase
from tests.test_benchmark_reports import outcome

import measuring        # noqa: E402
import page             # noqa: E402
import page_charts      # noqa: E402
import page_style       # noqa: E402
import run_record       # noqa: E402

VOID = {"meta", "br", "link", "img", "hr", "input"}
NAMES = ["redis_clone", "<other> & co"]


def example(servers=2):
    """The data of a run in which everything was measured."""
    record = run_record.RunRecord(["--suite", "core"])
    record.begin(NAMES[:servers], [{"address": "h:1", "version": "v", "save": "", "appendonly": "no"}] * servers)

    def add(test, rate, **setting):
        rates = [(rate, 2 * rate)[:servers]] * 2
        record.outcome(outcome(*rates, title=test, setting=measuring.Setting(requests=4000, **setting),
                               busy=0.99 if test == "incr" else 0.5))

    for test in ("set", "get", "incr"):
        add(test, 50000, suite="core", title="50 clients")
        add(test, 500000, suite="core", title="50 clients, pipelines of 16", pipeline=16)
    for clients in (1, 100, 5000):
        add("set", 10000 + clients, suite="connections", title="by number", row=f"{clients} clients", clients=clients)
    for size in (1, 4096, 1048576):
        add("get", 3000000 / size, suite="sizes", title="by length", row=f"{size} bytes", data_size=size)
    for server in range(servers):
        for size in (1000, 1000000):
            record.growth("ZADD", NAMES[server], size, 1e-6 * (1 + server))
    rows = record.table("lua", "Requests <a> second", NAMES[:servers], "ratio")
    rows.append({"name": "EVALSHA", "figures": [1234.5, None], "ratio": 0.5, "limit": ">= 0.6", "missed": True})
    return record.data


class Checker(HTMLParser):
    """Notes tags that do not fit, and everything that would be fetched or run."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.identities, self.tags = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        attributes = dict(attrs)
        self.identities += [attributes["id"]] if "id" in attributes else []
        self.wrong += [name for name in attributes if name in ("src", "href") or name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


class PageTest(unittest.TestCase):
    def check(self, data):
        text = page.make_page(data)
        checker = Checker()
        checker.feed(text)
        checker.close()
        self.assertEqual((checker.open, checker.wrong), ([], []))
        self.assertEqual(len(checker.identities), len(set(checker.identities)))
        self.assertFalse({"script", "link", "img", "iframe", "object"} & set(checker.tags))
        for fetched in ("url(", "@import", "http://", "https://"):
            self.assertNotIn(fetched, text.replace('xmlns="http://www.w3.org/2000/svg"', ""))
        return text

    def test_everything_that_was_measured(self):
        text = self.check(example())
        for heading in ("Throughput", "Latency", "Number of clients", "Length of values", "Amount of data", "Scripts",
                        "How it was measured"):
            self.assertIn(f"<h2>{heading}</h2>", text)
        self.assertIn("0.50\u00d7", text)
        self.assertIn("\u2265 50.0k", text)
        self.assertIn("&lt;other&gt; &amp; co", text)

    def test_one_server(self):
        text = self.check(example(servers=1))
        self.assertIn("<b>500k</b>", text)
        self.assertNotIn("spread", text)

    def test_sections_of_which_there_is_nothing_are_left_out(self):
        data = example()
        data.update(results=[], growth=[], tables=[])
        self.assertEqual(re.findall("<h2>(.*?)</h2>", self.check(data)), ["How it was measured"])

    def test_charts_are_well_formed_and_described(self):
        charts = re.findall(r"<svg .*?</svg>", page.make_page(example()))
        described = [chart for chart in charts if 'role="img"' in chart]
        self.assertGreater(len(described), 8)
        for chart in described:
            root = ElementTree.fromstring(chart)
            names = [element.tag.rpartition("}")[2] for element in root]
            self.assertEqual(names[:2], ["title", "desc"])
            self.assertEqual(root.get("aria-labelledby"), f"{root[0].get('id')} {root[1].get('id')}")
            self.assertTrue(root[0].text and root[1].text)
            self.assertFalse("nan" in chart.lower() or "inf" in re.sub("<desc.*</desc>", "", chart).lower())
        for chart in set(charts) - set(described):
            self.assertEqual(ElementTree.fromstring(chart).get("aria-hidden"), "true")

    def test_everything_drawn_lies_within_the_chart(self):
        for chart in re.findall(r"<svg .*?</svg>", page.make_page(example())):
            root = ElementTree.fromstring(chart)
            width, height = map(float, root.get("viewBox").split()[2:])
            for element in root.iter():
                x, y = (element.get(name) or element.get("c" + name) for name in "xy")
                if x is not None:
                    self.assertTrue(0 <= float(x) <= width and -4 <= float(y) <= height, ElementTree.tostring(element))

    def test_figures_stand_below_each_chart(self):
        text = page.make_page(example())
        self.assertEqual(text.count("<figure"), text.count("<summary>Figures</summary>"))
        self.assertIn('<th scope="row">SET</th><td>50,000</td><td>100,000</td><td>0.50</td>', text)


class ColoursTest(unittest.TestCase):
    """Contrasts as the Web Content Accessibility Guidelines 2.1 compute and ask for them."""

    def contrast(self, name, behind, index):
        lights = sorted(self.luminance(page_style.COLOURS[colour][index]) for colour in (name, behind))
        return (lights[1] + 0.05) / (lights[0] + 0.05)

    def luminance(self, colour):
        parts = [int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear))

    def test_light_and_dark(self):
        for index in (0, 1):
            for behind in ("page", "card"):
                for names, least in ((page_style.TEXT_COLOURS, 4.5), (page_style.DRAWN_COLOURS, 3)):
                    for name in names:
                        self.assertGreaterEqual(self.contrast(name, behind, index), least, (name, behind, index))

    def test_every_colour_of_the_style_sheet_is_one_of_them(self):
        used = set(re.findall(r"var\(--(\w+)\)", page_style.STYLE))
        self.assertLessEqual(used, set(page_style.COLOURS))
        self.assertIn("prefers-color-scheme: dark", page_style.STYLE)


class ScalesTest(unittest.TestCase):
    def test_linear(self):
        scale = page_charts.LinearScale([0, 57000])
        self.assertEqual(scale.ticks(), [(0, "0"), (20000, "20k"), (40000, "40k"), (60000, "60k")])
        self.assertAlmostEqual(scale.place(30000), 0.5)
        self.assertEqual([text for _, text in page_charts.LinearScale([0.9]).ticks()],
                         ["0", "0.25", "0.5", "0.75", "1"])

    def test_logarithmic_between_round_numbers(self):
        scale = page_charts.LogScale([0.3, 8])
        self.assertEqual([text for _, text in scale.ticks()], ["0.2", "0.5", "1", "2", "5", "10"])
        self.assertAlmostEqual(scale.place(0.2), 0)
        self.assertAlmostEqual(scale.place(10), 1)
        self.assertEqual([text for _, text in page_charts.LogScale([0.01, 900]).ticks()],
                         ["0.01", "0.1", "1", "10", "100", "1k"])
        for values in ([5], [1, 1], [0.7, 0.7]):
            scale = page_charts.LogScale(values)
            self.assertTrue(0 <= scale.place(values[0]) <= 1)
            self.assertGreater(len(scale.ticks()), 1)

    def test_logarithmic_at_given_values(self):
        scale = page_charts.LogScale([], page_charts.short_bytes, marked=[1, 16, 4096, 1048576])
        self.assertEqual([text for _, text in scale.ticks()], ["1 B", "16 B", "4 KB", "1 MB"])
        scale = page_charts.LogScale([], page_charts.short_bytes, marked=[4 ** power for power in range(10)])
        self.assertEqual([text for _, text in scale.ticks()], ["1 B", "16 B", "256 B", "4 KB", "64 KB"])
        self.assertAlmostEqual(page_charts.LogScale([], marked=[7]).place(7), 0.5)

    def test_nines(self):
        scale = page_charts.NinesScale(99.9)
        self.assertEqual([round(scale.place(percent), 3) for percent in (0, 90, 99, 99.9)], [0, 0.333, 0.667, 1])
        self.assertEqual([text for _, text in scale.ticks()], ["0 %", "50 %", "90 %", "99 %", "99.9 %"])

    def test_numbers_in_few_characters(self):
        values = (0, 0.0123, 0.37, 1, 12.34, 999.4, 999.9, 23000, 1260000)
        self.assertEqual([page_charts.short(value) for value in values],
                         ["0", "0.0123", "0.37", "1", "12.3", "999", "1k", "23k", "1.26M"])
        self.assertEqual(page_charts.short(23000, zeros=True), "23.0k")
        self.assertEqual([page_charts.describe_latency(value) for value in (0.0371, 12, 1234)],
                         ["0.0371 ms", "12 ms", "1.23 s"])


class CommandLineTest(BenchmarkTestCase):
    def test_from_a_run_and_again_from_its_figures(self):
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        figures, first, second = (os.path.join(directory, name) for name in ("f.json", "1.html", "2.html"))
        server = self.serve()
        status, _, err = self.run_main("-p", server.port, "--against", server.port, "-n", 20, "-t", "set,get", "-q",
                                       "--json", figures, "--html", first)
        self.assertEqual(status, 0, err)
        self.assertEqual(self.run_main("--from", figures, "--html", second)[0], 0)
        with open(first, encoding="utf-8") as one, open(second, encoding="utf-8") as two:
            self.assertEqual(one.read(), two.read())


if __name__ == "__main__":
    unittest.main()
