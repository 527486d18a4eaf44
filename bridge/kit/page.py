"""A page for people who follow a link to us: one frame for all of them. Pure."""

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from html import escape

__all__ = ["PAGE_HEADERS", "PAGE_WITH_SCRIPT", "plain_page"]

_STYLE = """\
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
  grid-template-columns: minmax(0, 1fr); font: 1.0625rem/1.55 system-ui, sans-serif;
  background: light-dark(#f2f5f3, #131715); color: light-dark(#1d2320, #e8ece9); }
main { box-sizing: border-box; width: min(36rem, 100%); padding: 2rem 1.25rem; overflow-wrap: anywhere; }
h1 { margin: 0 0 .75rem; font-size: 1.4rem; line-height: 1.3; }
p { margin: 0 0 1rem; }
button { margin-top: .5rem; padding: .65rem 1.5rem; border: 1px solid transparent; border-radius: .6rem;
  font: inherit; font-weight: 600; background: #0b6e66; color: #fff; cursor: pointer; }
.grave { background: #b3261e; }
:focus-visible { outline: 3px solid light-dark(#1d2320, #e8ece9); outline-offset: 3px; }
pre { margin: 0; padding: 1rem; white-space: pre-wrap; font-size: .9rem; border: 1px solid #8887;
  border-radius: .6rem; }
@media (min-width: 40rem) {
  main { padding: 2.5rem; border: 1px solid light-dark(#dce2df, #2c332f); border-radius: 1rem;
    background: light-dark(#fff, #1b1f1d); }
}
"""
_PAGE = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1 dir="auto">{title}</h1>
{inside}
</main>
</body>
</html>
"""
_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
"""Headers that go with such a page: it may show itself, and be pressed."""
PAGE_WITH_SCRIPT = PAGE_HEADERS | {
    "Content-Security-Policy": f"{_POLICY}; script-src 'self'; connect-src 'self'"
}
"""Headers that go with one whose script comes from where it comes from itself."""


def plain_page(  # noqa: PLR0913 what a page has
    language: str,
    title: str,
    *told: str,
    button: str = "",
    grave: bool = False,
    code: str = "",
    script: Iterable[tuple[str, str]] = (),
) -> str:
    """Return a page in a language (BCP 47): a heading, and a paragraph for each thing told.

    `button`: what is pressed, which asks for the same address by POST; `grave`: that cannot be taken back.
    `code`: what somebody copies. `script`: the attributes of one.
    """
    inside = [f'<p dir="auto">{escape(one)}</p>' for one in told if one]
    if code:
        inside.append(f"<pre>{escape(code)}</pre>")
    if button:
        look = ' class="grave"' if grave else ""
        inside.append(f'<form method="post"><button{look}>{escape(button)}</button></form>')
    if script:
        attributes = " ".join(f'{name}="{escape(value)}"' for name, value in script)
        inside.append(f"<script {attributes} async></script>")
    return _PAGE.format(
        language=escape(language), title=escape(title), style=_STYLE, inside="\n".join(inside)
    )
