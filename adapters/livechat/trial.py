"""A page with nothing on it but the widget, to try a desk without a page of one's own."""

from collections.abc import Callable

from aiohttp import web

from bridge import PAGE_WITH_SCRIPT, plain_page, spoken

from .door import language_of
from .refused import VisitRefused

__all__ = ["TrialPage"]


class TrialPage:
    """The page of each desk."""

    def __init__(self, told_first: Callable[[str, str], str]) -> None:
        """`told_first` gives what visitors of a desk are told of the archive, in a language."""
        self._told_first = told_first

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Return it, whether there is such a desk or not: the widget says so."""
        name = request.match_info["desk"]
        try:
            origin = request.url.origin()
        except ValueError:  # a `Host` that is none
            raise VisitRefused(400, "unclear", "this has no address") from None
        speak = spoken(language_of(request))
        page = plain_page(
            speak.language,
            speak.gettext("The desk {desk}", desk=name),
            speak.gettext(
                "This page is there to try it: press the button in the corner, and write. Whoever is in the "
                "rooms that are joined with the desk sees it, and answers from there."
            ),
            self._told_first(name, speak.language),
            speak.gettext("On a page of your own this line does it:"),
            code=f'<script src="{origin}/chat.js" data-desk="{name}" async></script>',
            script=(("src", "../chat.js"), ("data-desk", name)),
        )
        return web.Response(text=page, content_type="text/html", headers=PAGE_WITH_SCRIPT)
