"""The documentation as a site: a link that leads nowhere fails, and nothing comes from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {page.name for page in (ROOT / "docs").glob("*.md")}


def build(settings: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--config-file",
        settings,
        "--site-dir",
        folder,
    ]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT / "mkdocs.yml", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_there_and_can_be_found(site: Path):
    assert {page.removesuffix(".md") for page in PAGES} <= {page.stem for page in site.glob("*.html")}
    named = set(re.findall(r"[\w-]+\.md", (ROOT / "mkdocs.yml").read_text()))
    assert PAGES - named == set(), "name them in mkdocs.yml, under nav"


def test_nothing_is_fetched_from_elsewhere(site: Path):
    """Who reads the site tells nobody."""
    loaded = r'<(?:script|img|iframe|link rel="(?!canonical)[^"]*")[^>]* (?:src|href)="(https?:[^"]+)"'
    for page in site.glob("*.html"):
        assert re.findall(loaded, page.read_text()) == []


def test_lists_and_maps_are_read_as_such(site: Path):
    """Which Python-Markdown does in its own way."""
    settings = (site / "settings.html").read_text()
    assert re.search(r"<li>\s*<p>?<strong><code>sasl|<li><strong><code>sasl", settings)
    assert re.search(r"<ul>\s*<li><strong><code>mechanism", settings), "what stands below a key is below it"
    assert 'class="highlight"' in (site / "start.html").read_text()


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path):
    lines = (ROOT / "mkdocs.yml").read_text()
    strict = re.search(r"^strict: .*$", lines, re.MULTILINE)
    validation = re.search(r"^validation:\n(?:  .*\n)+", lines, re.MULTILINE)
    assert strict
    assert validation
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text("[x](nowhere.md)\n")
    (tmp_path / "mkdocs.yml").write_text(f"site_name: x\n{strict[0]}\n{validation[0]}")
    done = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert done.returncode != 0
    assert "nowhere.md" in done.stdout + done.stderr
