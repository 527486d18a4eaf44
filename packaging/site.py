"""What the site needs besides the pages (hooks of mkdocs): they are written to be read as they stand, too."""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
_BESIDE = ("bridge.yaml",)
"""Files beside the pages' folder that pages lead to."""
_LIST = re.compile(r"^((?![-#|]|    |\d+\. ).*\S.*\n)(?=- )", re.MULTILINE)
_LOWER = re.compile(r"^( +)(?=- \*\*)", re.MULTILINE)
_MAP = re.compile(r"(?<=\n\n)(?=    [a-z_]+:[ \n])((?: {4}.*\n|\n(?= {4}))+)")
_PAGE = re.compile(r"\[([\w-]+\.md)\]\(\1(#[\w-]+)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Leave out of the navigation what is not there yet."""
    config.nav = _there(config.nav, Path(config.docs_dir))
    return config


def _there(entry: Any, folder: Path) -> Any:
    if isinstance(entry, list):
        found = (_there(one, folder) for one in entry)
        return [one for one in found if one]
    if isinstance(entry, dict):
        return {title: below for title, one in entry.items() if (below := _there(one, folder))}
    return entry if (folder / entry).exists() else None


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Take in what pages lead to outside of their folder."""
    for name in _BESIDE:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, *, config: MkDocsConfig, **_: Any) -> str:
    """Write lists as Python-Markdown reads them, behind an empty line and indented by four; show maps in
    colours, and name pages by their titles.
    """

    def titled(link: re.Match[str]) -> str:
        page = Path(config.docs_dir, link[1])
        title = page.read_text().partition("\n")[0].removeprefix("# ") if page.exists() else link[1]
        return f"[{title}]({link[1]}{link[2] or ''})"

    def coloured(code: re.Match[str]) -> str:
        return "```yaml\n" + re.sub("^    ", "", code[1], flags=re.MULTILINE).rstrip() + "\n```\n\n"

    for name in _BESIDE:
        markdown = markdown.replace(f"](../{name})", f"]({name})")
    markdown = _LOWER.sub(r"\1\1", markdown)
    markdown = _LIST.sub(r"\1\n", markdown)
    return _PAGE.sub(titled, _MAP.sub(coloured, markdown))
