"""A page with nothing on it but the widget, to try a desk without a page of one's own."""

import html

from aiohttp import web

from .refused import VisitRefused

__all__ = ["trial_page"]

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Try the desk {desk}</title>
<style>
body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 12vh auto; padding: 0 1.5rem;
  color-scheme: light dark; }}
pre {{ overflow: auto; padding: 1rem; border: 1px solid #8886; border-radius: .5rem; }}
</style>
</head>
<body>
<h1>The desk {desk}</h1>
<p>This page is there to try it: press the button in the corner, and write. Whoever is in the rooms that are
joined with the desk sees it, and answers from there.</p>
<p>On a page of your own this line does it:</p>
<pre>{line}</pre>
<script src="../chat.js" data-desk="{desk}" async></script>
</body>
</html>
"""


async def trial_page(request: web.Request) -> web.StreamResponse:
    """Return the page of a desk, whether there is such a desk or not: the widget says so."""
    name = request.match_info["desk"]
    try:
        origin = request.url.origin()
    except ValueError:  # a `Host` that is none
        raise VisitRefused(400, "unclear", "this has no address") from None
    line = html.escape(f'<script src="{origin}/chat.js" data-desk="{name}" async></script>')
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex"}
    return web.Response(
        text=_PAGE.format(desk=html.escape(name), line=line), content_type="text/html", headers=headers
    )
