"""The page, the dashboard and the alerts name the metrics that there are."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry, ProcessCollector

from bridge.cli.metrics import page
from bridge.relay.router import DROPPED
from bridge.web.metrics import described

ROOT = Path(__file__).parents[3]
RULES = ROOT / "packaging/prometheus/hubbub.rules.yml"
DASHBOARD = ROOT / "packaging/grafana/hubbub.json"
METRICS = {name: set(labels) for name, _, labels, _ in described()}
KINDS = {name: kind for name, kind, _, _ in described()}
_PARTS = {"_bucket": {"le"}, "_count": set(), "_sum": set()}
_OF_THE_SCRAPE = {"job", "instance"}


def rules():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def queries(found):
    """Every query of a dashboard, wherever it stands."""
    if isinstance(found, dict):
        if isinstance(found.get("expr"), str):
            yield found["expr"], found.get("legendFormat", "")
        for value in found.values():
            yield from queries(value)
    elif isinstance(found, list):
        for value in found:
            yield from queries(value)


DRAWN = list(queries(json.loads(DASHBOARD.read_text())))


def known(name):
    """The labels of a metric, or of a part of a histogram; None: there is none."""
    if name in METRICS:
        return METRICS[name]
    for suffix, labels in _PARTS.items():
        base = name.removesuffix(suffix)
        if base != name and KINDS.get(base) == "histogram":
            return METRICS[base] | labels
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    exported = {sample.name for family in registry.collect() for sample in family.samples}
    return set() if name in exported | {"up"} else None


def named(query):
    return set(re.findall(r"\b(?:hubbub_\w+|process_\w+|up)\b", query))


@pytest.mark.parametrize(
    ("query", "shown"),
    [(rule["expr"], str(rule["annotations"])) for rule in rules()] + DRAWN,
    ids=lambda one: one[:60],
)
def test_every_metric_and_label_that_is_named_is_there(query, shown):
    assert named(query)
    labels = set(_OF_THE_SCRAPE)
    for name in named(query):
        found = known(name)
        assert found is not None, name
        labels |= found
    used = set(re.findall(r"[{,]\s*(\w+)\s*=", query))
    for by in re.findall(r"\bby \(([^)]*)\)", query):
        used |= set(re.findall(r"\w+", by))
    used |= set(re.findall(r"\$labels\.(\w+)", shown)) | set(re.findall(r"\{\{(\w+)\}\}", shown))
    assert used <= labels | {"version"}


def test_everything_that_is_exported_is_drawn():
    drawn = {
        name.removesuffix("_bucket").removesuffix("_count") for query, _ in DRAWN for name in named(query)
    }
    assert METRICS.keys() - drawn == set()


def test_the_page_is_up_to_date():
    """`hubbub metrics > docs/metrics.md` makes it so."""
    assert (ROOT / "docs/metrics.md").read_text() == page()


def test_names_tell_units_and_kinds():
    """As Prometheus wants it: base units, counters end in `_total`."""
    for name, kind in KINDS.items():
        assert name.endswith("_total") == (kind == "counter"), name
        assert not re.search(r"_(ms|milliseconds|minutes|kb|mb)(_|$)", name)


def test_every_reason_is_named():
    (row,) = [meaning for name, _, _, meaning in described() if name == "hubbub_events_dropped_total"]
    assert set(re.findall("`([^`]+)`", row)) == set(DROPPED)


def test_the_alerts_ring_when_they_should_and_else_not():
    folder = RULES.parent
    for command in (["check", "rules", RULES.name], ["test", "rules", "hubbub.test.yml"]):
        ran = subprocess.run(["promtool", *command], cwd=folder, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    tried = (folder / "hubbub.test.yml").read_text()
    assert [rule["alert"] for rule in rules() if rule["alert"] not in tried] == []


def test_prometheus_understands_the_dashboard(tmp_path):
    """Its queries as rules, which `promtool` parses."""
    filled = [
        {"record": f"drawn:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, (query, _) in enumerate(DRAWN)
    ]
    file = tmp_path / "drawn.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "drawn", "rules": filled}]}))
    ran = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
