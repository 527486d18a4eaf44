"""`hubbub metrics`: every metric that a service exports, for the documentation."""

import click

__all__ = ["metrics", "page"]

_HEAD = """\
# Metrics

What `/metrics` tells, where the map has `web:` ([operations.md](operations.md#watching-it)), in the formats
of Prometheus and OpenMetrics. All is counted since the start, in base units: seconds and bytes. Labels are
names of networks, protocols and the few values that are named here, never rooms or people.
`hubbub metrics > docs/metrics.md` writes this page.

| metric | kind | labels | |
|---|---|---|---|
"""
_TAIL = """\

Histograms have `_bucket`, `_sum` and `_count`: `hubbub_delivery_seconds_count` is how much was delivered and
confirmed. `process_…` (memory, CPU, open files) are what every program has that uses Prometheus's library.

## A dashboard and alerts

`packaging/prometheus/hubbub.rules.yml` has rules that call somebody: name it under `rule_files:` of
Prometheus. `packaging/grafana/hubbub.json` is a dashboard for Grafana: Dashboards, New, Import. Both name
no metric that is not on this page.

    scrape_configs:
      - job_name: hubbub
        static_configs: [{targets: ["127.0.0.1:8485"]}]
"""


@click.command()
def metrics() -> None:
    """Print every metric that a service exports.

    With its labels and what it means, as a page in Markdown.

    \b
    Examples:
      hubbub metrics
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    click.echo(page(), nl=False)


def page() -> str:
    """Return the page for the documentation."""
    from bridge.web.metrics import described  # with its libraries

    rows = [
        f"| `{name}` | {kind} | {', '.join(f'`{label}`' for label in labels)} | {meaning} |\n"
        for name, kind, labels, meaning in described()
    ]
    return _HEAD + "".join(rows) + _TAIL
