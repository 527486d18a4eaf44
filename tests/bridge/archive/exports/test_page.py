"""The page as people have it: in Chromium, on a desk, on a phone, in the dark and on paper."""

import contextlib

import pytest

from tests.browser import PHONE, Visit, chromium

from .sample import ALICE, BOB, THERE, filed, said
from .test_formats import exported


@pytest.fixture(scope="module")
async def browser():
    async with chromium() as browser:
        yield browser


@contextlib.asynccontextmanager
async def reading(browser, folder, entries=None, **options):
    """Somebody who opens an export. Fails where it asks for anything, or complains."""
    file = folder / "offer.html"
    file.write_bytes(exported("html", entries))
    context = await browser.new_context(**options)
    try:
        visit = Visit(context, await context.new_page())
        asked = []
        visit.page.on("request", lambda request: asked.append(request.url))
        await visit.page.goto(file.as_uri())
        yield visit
        assert (asked, visit.complaints) == ([file.as_uri()], [])
    finally:
        await context.close()


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, PHONE], ids=["light", "dark", "phone"])
async def test_it_can_be_read(browser, tmp_path, options):
    """WCAG 2.2: contrast, reflow, one heading; an answer leads to what it answers."""
    async with reading(browser, tmp_path, **options) as visit:
        assert await visit.wrong() == []
        await visit.page.locator("a.re").click()
        assert visit.page.url.endswith("#e2")


async def test_nobody_turns_round_what_others_say(browser, tmp_path):
    """Unicode's bidi algorithm (UAX 9): what stands beside names and words stays where it is."""
    wicked = ALICE.__class__(id="@x:example.org", name="\u202eevil")
    words = [(wicked, "\u202eabc"), (BOB, "\u2067plain"), (ALICE, "שלום 12:30")]
    entries = filed([said(n, who, text, THERE) for n, (who, text) in enumerate(words)])
    async with reading(browser, tmp_path, entries) as visit:
        places = await visit.page.evaluate("""() => [...document.querySelectorAll("article")].map((one) => {
            const [clock, network] = [one.querySelector("time"), one.querySelector(".net")];
            const stays = clock.getBoundingClientRect().left < network.getBoundingClientRect().left;
            return [stays, getComputedStyle(one.querySelector(".words p")).direction];
        })""")
    assert places == [[True, "ltr"], [True, "ltr"], [True, "rtl"]]


async def test_it_is_printed_on_pages(browser, tmp_path):
    """Light, whatever the screen is, and no message is torn in two."""
    many = [said(60 * n, (ALICE, BOB)[n % 2], f"This is the message {n}. " * 6) for n in range(120)]
    async with reading(browser, tmp_path, filed(many), color_scheme="dark") as visit:
        await visit.page.emulate_media(media="print")
        assert await visit.wrong() == []
        paper = "getComputedStyle(document.body).backgroundColor"
        assert await visit.page.evaluate(paper) == "rgb(255, 255, 255)"
        printed = await visit.page.pdf(prefer_css_page_size=True)
    assert printed.count(b"/Type /Page\n") in range(4, 15)
