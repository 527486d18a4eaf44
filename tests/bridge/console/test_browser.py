"""The console as people have it: in Chromium, by hand and by keyboard, on a desk and on a phone."""

import asyncio
import random
from urllib.parse import quote

import pytest
from playwright.async_api import expect

from bridge.errors import Rejected
from tests.bridge.console.archived import CONVERSATION, Archived
from tests.bridge.console.house import TOKEN, House
from tests.browser import PHONE, chromium, visiting

LOBBY = {"lobby": {"left": "one", "right": "two"}, "kitchen": {"left": "three", "right": "four"}}
PAGES = (
    "./",
    "conversation?name=lobby",
    "network?name=left",
    "messages",
    "archive",
    "undelivered",
    "log",
    "map",
)


@pytest.fixture(scope="module")
async def browser():
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def house(tmp_path):
    async with House(tmp_path, LOBBY, ["left", "right"]).open() as house:
        yield house


async def test_what_happens_is_seen_as_it_happens(house, browser):
    """Server-sent events: a network that goes and comes, and what passes, without opening the page again."""
    left, right = house.networks["left"], house.networks["right"]
    async with visiting(browser, house.url) as visit:
        page = visit.page
        await expect(page.get_by_role("heading", level=1)).to_have_text("All is well.")
        left.say("one", "ann", "hello")
        await expect(page.locator(".row.now")).to_have_attribute("data-c", "lobby")
        link = page.locator("#networks").get_by_role("link", name="right")
        await link.focus()
        right.up = False
        right.drop()
        await expect(page.get_by_role("heading", level=1)).to_have_text("1 thing is wrong.")
        await expect(page.locator("#troubles")).to_contain_text("right cannot be reached")
        await expect(page.locator("#troubles")).to_contain_text("it is tried again by itself")
        await expect(page.locator("#networks li.away")).to_contain_text("not reached")
        await expect(link).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator(".history li").first).to_contain_text("not reached")
        right.up = True
        await expect(page.locator(".history li").first).to_contain_text("connected", timeout=30_000)
        await page.get_by_role("link", name="Overview").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("All is well.")


async def test_a_service_that_is_gone_is_seen(tmp_path, browser):
    house = House(tmp_path, LOBBY, ["left", "right"])
    async with house.open():
        context = await browser.new_context(locale="en-GB")
        page = await context.new_page()
        await page.goto(house.url)
        await expect(page.get_by_role("alert")).to_be_hidden()
    await expect(page.get_by_role("alert")).to_contain_text("The service does not answer")
    async with house.open():
        await expect(page.get_by_role("alert")).to_be_hidden()
    await context.close()


async def test_rooms_are_mapped_by_keyboard_alone(house, browser):
    async with visiting(browser, house.url) as visit:
        page, keys = visit.page, visit.page.keyboard
        await keys.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        for _ in range(7):
            await keys.press("Tab")
        await expect(page.get_by_role("link", name="Map", exact=True)).to_be_focused()
        await keys.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Map rooms")
        await page.get_by_label("Name of the new conversation").focus()
        for word in ("garden", None, "five", None, None, "six"):
            if word:
                await keys.type(word)
            await keys.press("Tab")
        await page.get_by_label("Room", exact=True).nth(1).press("Enter")
        outcome = page.locator("#outcome")
        await expect(outcome).to_be_focused()
        await expect(outcome).to_contain_text("Saved, and followed")
        await expect(outcome).to_contain_text("left five is joined")
        await expect(outcome).to_contain_text("right six is joined")
        house.networks["left"].say("five", "ann", "hello")
        await house.networks["right"].until(1)
    assert "# the map of a test" in house.file.read_text()


async def test_a_room_is_taken_out(house, browser):
    async with visiting(browser, house.url) as visit:
        page = visit.page
        await page.goto("conversation?name=lobby")
        await page.get_by_role("link", name="Change its rooms").click()
        await page.get_by_label("right two").check()
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#outcome")).to_contain_text("must join two rooms or more")
        await page.get_by_label("left one").check()
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#outcome")).to_contain_text("left one is left")
        await page.get_by_role("link", name="Overview").click()
        await expect(page.locator("#conversations")).not_to_contain_text("lobby")


async def test_what_was_given_up_is_sent_again(house, browser):
    house.networks["right"].errors.append(Rejected("you are muted"))
    house.networks["left"].say("one", "ann", "hello")
    async with visiting(browser, house.url) as visit:
        page = visit.page
        await expect(page.locator("#count")).to_have_text("1")
        await page.get_by_role("link", name="Undelivered").click()
        await page.get_by_label("you are muted").check()
        await page.get_by_role("button", name="Send the chosen ones again").click()
        await expect(page.get_by_role("status")).to_have_text("1 message is sent again.")
        await house.networks["right"].until(1)


async def test_what_passes_is_shown_and_its_words_when_wanted(house, browser):
    async with visiting(browser, house.url) as visit:
        page = visit.page
        await page.get_by_role("link", name="Messages").click()
        await page.get_by_role("button", name="Show it in this browser").click()
        await expect(page.locator("#lost")).to_be_hidden()
        line = page.locator("#passing li").first
        async with asyncio.timeout(10):
            while not await line.count():  # until the stream is there
                house.networks["left"].say("one", "ann", "<b>hello</b>")
                await asyncio.sleep(0.2)
        await expect(line).to_contain_text("ann <b>hello</b>")
        await expect(line).to_contain_text("✓ right")


async def test_with_a_token_one_logs_in_and_out(tmp_path, browser):
    house = House(tmp_path, LOBBY, ["left", "right"], TOKEN)
    async with house.open(), visiting(browser, house.url) as visit:
        page = visit.page
        await page.get_by_label("Token").fill("something else")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert").first).to_have_text("This is not the token.")
        visit.complaints.clear()  # Chromium says that it was answered with 401
        await page.get_by_label("Token").fill(TOKEN)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("All is well.")
        await page.get_by_role("button", name="Log out").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


@pytest.mark.parametrize(
    "how", [{"color_scheme": "dark"}, {"locale": "zh-CN", **PHONE}], ids=["dark", "phone in Chinese"]
)
async def test_every_page_can_be_read(house, browser, how):
    """Labels, names, contrast and width, also when something is wrong."""
    house.networks["right"].errors.append(Rejected("you are muted"))
    house.networks["left"].say("one", "ann", "hello")
    await house.networks["left"].settled()
    house.networks["right"].drop()
    house.networks["right"].up = False
    async with visiting(browser, house.url, **how) as visit:
        for path in PAGES:
            await visit.page.goto(path)
            assert await visit.wrong() == [], path


async def test_three_hundred_conversations(tmp_path, browser):
    """All of them are in one picture, which a phone shows too; the page is no larger than one of three."""
    chance, networks = random.Random(3), ["a", "b", "c", "d", "e"]
    conversations = {
        f"conversation {number}": dict.fromkeys(chance.sample(networks, 2), f"room{number}")
        for number in range(300)
    }
    house = House(tmp_path, conversations, networks)
    async with house.open(), visiting(browser, house.url, **PHONE) as visit:
        page = visit.page
        assert await page.locator("#map [data-c]").count() == 300
        assert await visit.wrong() == []
        sizes = await page.evaluate(
            "performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
            ".map((one) => one.encodedBodySize)"
        )
        assert 0 < sum(sizes) < 50_000
        await page.get_by_label("Find a conversation or room").fill("room77")
        await page.keyboard.press("Enter")
        await expect(page.locator("#map [data-c]")).to_have_count(1)


ARCHIVE = (
    "archive", "archive?q=chairs&order=best", "archive?q=nothing&tag=x", "entry?number=2",
    f"transcript?name={quote(CONVERSATION)}&day=2026-03-14",
)  # fmt: skip


async def logged_in(page):
    await page.get_by_label("Token").fill(TOKEN)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/")


async def test_an_offer_is_found_read_and_taken_along(tmp_path, browser):
    """By keyboard, and without a script."""
    async with (
        Archived(tmp_path, TOKEN).open() as house,
        visiting(browser, house.url, java_script_enabled=False) as visit,
    ):
        page, keys = visit.page, visit.page.keyboard
        await logged_in(page)
        await page.get_by_role("link", name="Archive").press("Enter")
        await page.get_by_label("Find", exact=True).fill("上午")
        await keys.press("Enter")
        await expect(page.locator(".hits mark")).to_have_text("上午")
        await page.locator(".hits .hit").press("Enter")
        await expect(page.locator(".said")).to_contain_text("明天上午一起发")
        await expect(page.locator(".archived .here")).to_contain_text("明天上午一起发")
        for tag in ("offer", "case-7"):
            await page.get_by_label("Tag", exact=True).fill(tag)
            await keys.press("Enter")
            await expect(page.locator(".tag").filter(has_text=tag)).to_be_visible()
        await page.get_by_label("Take the tag offer away").press("Enter")
        await expect(page.locator(".tag")).to_have_text(["case-7 ✕"])
        await page.locator(".sub a").press("Enter")
        await expect(page.locator(".transcript")).to_contain_text("Accepted: 120 chairs")
        await page.get_by_label("As", exact=True).select_option("html")
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Export").click()
        path = await (await download.value).path()
        assert "17.50" in path.read_text()


@pytest.mark.parametrize(
    "how", [{}, {"locale": "zh-CN", "color_scheme": "dark", **PHONE}], ids=["desk", "phone in Chinese"]
)
async def test_the_archive_can_be_read(tmp_path, browser, how):
    async with Archived(tmp_path, TOKEN).open() as house, visiting(browser, house.url, **how) as visit:
        await visit.page.locator("#token").fill(TOKEN)
        await visit.page.keyboard.press("Enter")
        await expect(visit.page.locator("#map")).to_be_visible()
        for path in ARCHIVE:
            await visit.page.goto(path)
            assert await visit.wrong() == [], path
