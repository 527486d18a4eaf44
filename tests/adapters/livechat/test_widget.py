"""The widget as visitors have it: in Chromium, on pages of another origin, at a desk whose staff answer."""

import asyncio
import gzip
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

from adapters.livechat.widget import Widget
from bridge.model import MessageEdited, MessageId, RoomId, TypingChanged, plain
from tests.adapters.livechat.storefront import PATIENCE, Storefront
from tests.browser import PHONE, chromium

PAGE = Path(__file__).parents[3] / "docs/widget.md"
FILE = Path(__file__).parents[3] / "adapters/livechat/static/chat.js"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100"
    "18dd8db00000000049454e44ae426082"
)
AWAY = """() => {
  Object.defineProperty(document, "hidden", {configurable: true, get: () => window.away});
  window.away = AWAY;
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
async def browser():
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
async def shop(tmp_path_factory):
    async with Storefront(tmp_path_factory.mktemp("shop")).open() as shop:
        yield shop


def page(**query):
    return f"page?{urlencode(query)}"


async def test_a_customer_is_answered(shop, browser):
    """By the page's policy nothing of the widget but its script and its requests is allowed; what is said is
    text, whatever it looks like, and only https addresses can be followed.
    """
    async with shop.visitor(browser, page(attributes='data-title="Wool"')) as visitor:
        await expect(visitor.panel).to_be_hidden()
        await visitor.ask("Does it\nrun <b>small</b>?")
        chat = await shop.asked("Does it\nrun <b>small</b>?")
        shop.say(f"!take {chat}")
        await expect(visitor.panel).to_contain_text("Anna")
        said = shop.say(
            "No, see https://shop.example/sizes. <img src=x onerror=alert(1)> javascript:alert(1)"
        )
        answer = visitor.log.locator(".agent")
        await expect(answer.locator(".words")).to_contain_text(
            "No, see https://shop.example/sizes. <img src=x"
        )
        await expect(answer.get_by_role("link")).to_have_count(1)
        await expect(answer.get_by_role("link")).to_have_attribute("href", "https://shop.example/sizes")
        await expect(visitor.log.locator(".visitor .words")).to_have_css("white-space", "pre-wrap")
        await expect(visitor.page.get_by_role("heading", name="Wool")).to_be_visible()
        shop.staff.happen(edited(said, "No."))
        await expect(answer.locator(".words")).to_have_text(re.compile(r"No\..*edited"))


async def test_what_the_desk_asks_is_filled_in_first(shop, browser):
    async with shop.visitor(browser, page(desk="measures")) as visitor:
        await visitor.ask("How long is the sleeve?")
        await expect(visitor.panel).to_contain_text("Ask for any measure.")
        await expect(visitor.log).to_be_empty()
        await visitor.page.get_by_role("textbox", name="Name").fill("小红")
        await visitor.page.get_by_role("combobox", name="Your size").select_option("M")
        await visitor.page.get_by_role("button", name="Send", exact=True).click()
        await expect(visitor.page.get_by_role("checkbox", name="I agree")).to_be_focused()
        await visitor.page.get_by_role("checkbox", name="I agree").check()
        await visitor.page.get_by_role("button", name="Send", exact=True).click()
        await expect(visitor.log).to_contain_text("How long is the sleeve?")
        assert any("小红] How long is the sleeve?" in text for text in shop.staff.texts("measures"))


async def test_a_desk_is_tried_on_a_page_of_its_own(shop, browser):
    """Its policy lets the widget work, and says so where it does not."""
    async with shop.visitor(browser, f"{shop.desk}/try/sales", **PHONE) as visitor:
        await expect(visitor.page.get_by_role("heading", name="The desk sales")).to_be_visible()
        assert await visitor.visit.wrong() == []
        assert (await visitor.page.locator("pre").bounding_box())["width"] < 360
        await visitor.ask("Is this a trial?")
        await shop.asked("Is this a trial?")
        await expect(visitor.log).to_contain_text("Is this a trial?")


@pytest.mark.parametrize(
    ("desk", "language", "told"),
    [
        ("measures", "en", "kept for 90 days. You can delete your chat at any time."),
        ("night", "de", "90 Tage lang aufbewahrt. Ihren Chat können Sie jederzeit löschen."),
        ("sales", "en", ""),
    ],
)
async def test_that_it_is_archived_stands_there_before_anything_can_be_said(
    shop, browser, desk, language, told
):
    """Regulation (EU) 2016/679, article 13 (1)."""
    async with shop.visitor(browser, page(desk=desk, language=language), **PHONE) as visitor:
        await visitor.page.route("**/desk/*", lambda route: route.abort(), times=1)
        await visitor.button.tap()
        await expect(visitor.panel).to_contain_text(re.compile("Try again|Noch einmal"))
        await expect(visitor.field).to_be_hidden()
        await visitor.panel.get_by_role("button", name=re.compile("Try again|Noch einmal")).tap()
        await expect(visitor.field).to_be_visible()
        notice = visitor.panel.locator(".filed")
        if told:
            await expect(notice).to_contain_text(told)
            await expect(notice).to_be_in_viewport(ratio=1)
        else:
            await expect(notice).to_be_hidden()
        visitor.visit.complaints.clear()  # of the desk that could not be reached


async def test_who_comes_when_it_is_closed_leaves_a_message(shop, browser):
    async with shop.visitor(browser, page(desk="night")) as visitor:
        await visitor.button.click()
        await expect(visitor.panel).to_contain_text("We are closed now.")
        await visitor.page.get_by_role("textbox", name="Email address").fill("hong@example.org")
        await visitor.ask("Do you ship to Norway?")
        await expect(visitor.panel).to_contain_text("Thank you!")
        await expect(visitor.field).to_be_hidden()
        assert any("hong@example.org" in text for text in shop.staff.texts("night"))


async def test_a_message_needs_an_address_to_answer_to_though_a_chat_does_not(shop, browser):
    async with shop.visitor(browser, page(desk="dusk")) as visitor:
        await visitor.ask("Do you ship to Norway?")
        address = visitor.page.get_by_role("textbox", name="Email address")
        await expect(address).to_be_focused()
        await address.fill("eve@example.org")
        await visitor.page.get_by_role("button", name="Send", exact=True).click()
        await expect(visitor.panel).to_contain_text("Thank you! We answer by email: eve@example.org")


async def test_the_chat_goes_along(shop, browser):
    """On the next page, after a reload, and in tabs beside each other."""
    async with shop.visitor(browser) as visitor:
        await visitor.ask("Is it warm?")
        chat = await shop.asked("Is it warm?")
        await visitor.field.fill("half a sente")
        await visitor.page.goto("socks")
        await expect(visitor.log).to_contain_text("Is it warm?")
        await expect(visitor.field).to_have_value("half a sente")
        tab = await visitor.visit.context.new_page()
        await tab.goto(shop.url)
        await tab.get_by_role("button", name="Chat with us").click()
        await tab.locator("form.write textarea").fill("Very warm?")
        await tab.keyboard.press("Enter")
        await shop.asked("Very warm?")
        await expect(visitor.log).to_contain_text("Very warm?")
        shop.say(f"{chat}: Very.")
        await expect(visitor.log).to_contain_text("Very.")
        await expect(tab.get_by_role("log")).to_contain_text("Very.")
        assert await tab.locator(".visitor").count() == 2


async def test_many_windows_leave_each_other_connections(shop, browser):
    """Browsers make six to a host (HTTP/1.1): streams in seven windows that are seen would take all."""
    async with shop.visitor(browser) as visitor:
        await visitor.ask("Room for seven?")
        chat = await shop.asked("Room for seven?")
        windows = [visitor.page]
        for _ in range(6):
            windows.append(await visitor.visit.context.new_page())
            await windows[-1].goto(shop.url)
        await windows[-1].get_by_role("button", name="Chat with us").click()
        await expect(windows[-1].get_by_role("log")).to_contain_text("Room for seven?")
        await windows[-1].locator("form.write textarea").fill("Here too?")
        await windows[-1].keyboard.press("Enter")
        await shop.asked("Here too?")
        shop.say(f"{chat}: Everywhere.")
        for window in windows:
            await expect(window.locator("hubbub-chat .root")).to_contain_text(
                "Everywhere.", timeout=PATIENCE * 1000
            )


async def test_what_is_written_without_a_network_arrives_in_order_and_once(shop, browser):
    async with shop.visitor(browser) as visitor:
        await visitor.ask("Are you there?")
        chat = await shop.asked("Are you there?")
        await visitor.visit.context.set_offline(True)
        for words in ("one", "two", "three"):
            await visitor.ask(f"{chat} {words}")
        await expect(visitor.log.locator(".waits:not(.sent)")).to_have_count(3)
        await expect(visitor.page.get_by_role("alert")).to_contain_text("No connection.")
        await visitor.visit.context.set_offline(False)
        await shop.asked(f"{chat} three")
        await expect(visitor.log.locator(".waits")).to_have_count(0)
        await expect(visitor.page.get_by_role("alert")).to_be_hidden()
        said = [text.partition("] ")[2] for text in shop.texts() if text.startswith(f"[{chat}] {chat} ")]
        assert said == [f"{chat} one", f"{chat} two", f"{chat} three"]
        visitor.visit.complaints.clear()  # of the network that was gone


async def test_a_chat_whose_beginning_got_no_answer_begins_once(shop, browser):
    async with shop.visitor(browser) as visitor:

        async def lose(route):
            await route.fetch()
            await route.abort()

        await visitor.page.route("**/chats", lose, times=1)
        await visitor.ask("Is it me you lost?")
        await expect(visitor.page.get_by_role("alert")).to_contain_text("did not work")
        await expect(visitor.field).to_have_value("Is it me you lost?")
        await visitor.field.press("Enter")
        await expect(visitor.log).to_contain_text("Is it me you lost?")
        assert [text.partition("] ")[2] for text in shop.texts()].count("Is it me you lost?") == 1
        visitor.visit.complaints.clear()  # of the answer that was lost


async def test_where_streams_are_held_back_the_chat_is_polled(shop, browser):
    """A proxy that passes on nothing before the end of an answer."""
    async with shop.visitor(browser) as visitor:
        await visitor.page.clock.install()
        held = asyncio.Event()

        async def hold(route):
            if "event-stream" in route.request.headers.get("accept", ""):
                held.set()
            else:
                await route.continue_()

        await visitor.page.route("**/chat/events*", hold)
        await visitor.ask("Do I hear you?")
        chat = await shop.asked("Do I hear you?")
        shop.say(f"{chat}: You do.")
        await asyncio.wait_for(held.wait(), PATIENCE)
        await visitor.page.clock.fast_forward(9000)
        await expect(visitor.log).to_contain_text("You do.")
        shop.say(f"{chat}: Still.")
        await expect(visitor.log).to_contain_text("Still.")


async def test_both_see_that_the_other_writes(shop, browser):
    async with shop.visitor(browser) as visitor:
        await visitor.ask("Hello there")
        chat = await shop.asked("Hello there")
        shop.say(f"!take {chat}")
        await expect(visitor.panel).to_contain_text("Anna")
        shop.staff.hints.clear()
        await visitor.field.press_sequentially("I wo")
        async with asyncio.timeout(PATIENCE):
            while not shop.staff.hints:
                await asyncio.sleep(0.01)
        anna = shop.say("!who").sender
        shop.staff.announce(TypingChanged(room=RoomId("lobby"), sender=anna, typing=True))
        await expect(visitor.panel).to_contain_text("Anna is writing")


async def test_what_is_new_is_told_to_who_looks_elsewhere(shop, browser):
    """By a number on the button, the words beside it, the page's title, and a sound."""
    async with shop.visitor(browser) as visitor:
        await visitor.call("""() => {
          window.rung = 0;
          const make = AudioContext.prototype.createOscillator;
          AudioContext.prototype.createOscillator = function () { rung += 1; return make.call(this); };
        }""")
        await visitor.ask("Have you blue?")
        chat = await shop.asked("Have you blue?")
        await visitor.page.keyboard.press("Escape")
        await expect(visitor.button).to_be_focused()
        await visitor.call(AWAY.replace("AWAY", "true"))
        shop.say(f"{chat}: We have blue.")
        await expect(visitor.page.get_by_role("status").filter(has_text="We have blue.")).to_be_visible()
        await expect(visitor.page.get_by_role("button", name="Chat with us (1)")).to_be_visible()
        await expect(visitor.page).to_have_title("(1) Sweaters")
        await visitor.until("rung > 0")
        await visitor.call(AWAY.replace("AWAY", "false"))
        await expect(visitor.page).to_have_title("Sweaters")
        await visitor.button.click()
        await expect(visitor.page.get_by_role("button", name="Chat with us", exact=True)).to_be_visible()


async def test_files_go_both_ways_and_pictures_are_seen(shop, browser):
    async with shop.visitor(browser) as visitor:
        await visitor.ask("Look at this")
        chat = await shop.asked("Look at this")
        chooser = visitor.page.locator("hubbub-chat input[type=file]")
        await expect(visitor.page.get_by_role("button", name="Send a file")).to_be_visible()
        await chooser.set_input_files({"name": "stain.png", "mimeType": "image/png", "buffer": PIXEL})
        await expect(visitor.log.locator("canvas")).to_be_visible()
        async with visitor.page.expect_download() as download:
            await visitor.log.get_by_role("button", name="stain.png").click()
        assert Path(await (await download.value).path()).read_bytes() == PIXEL
        await chooser.set_input_files(
            {"name": "a.zip", "mimeType": "application/zip", "buffer": b"PK\3\4" * 99}
        )
        await expect(visitor.log.get_by_role("alert")).to_contain_text("Not sent")
        await expect(visitor.log.locator(".line").last).to_have_css("opacity", "1")  # it can be read
        assert chat
        visitor.visit.complaints.clear()  # of the file that was refused


async def test_at_the_end_it_is_rated_taken_home_and_deleted(shop, browser):
    async with shop.visitor(browser) as visitor:
        await visitor.ask("Thank you!")
        chat = await shop.asked("Thank you!")
        shop.say(f"!take {chat}")
        shop.say("Welcome.")
        await expect(visitor.log).to_contain_text("Welcome.")
        shop.say(f"!close {chat}")
        await visitor.page.get_by_role("button", name="4 / 5").click()
        await visitor.panel.get_by_role("textbox").first.fill("quick")
        await visitor.panel.get_by_role("button", name="Send").first.click()
        await expect(visitor.page.get_by_role("heading", name="Thank you!")).to_be_visible()
        assert any("★★★★☆ quick" in text for text in shop.texts())
        async with visitor.page.expect_download() as download:
            await visitor.page.get_by_role("button", name="Download transcript").click()
        assert "Welcome." in Path(await (await download.value).path()).read_text()
        await visitor.page.get_by_role("button", name="More").click()
        await visitor.page.get_by_role("button", name="Delete my chat").click()
        await visitor.page.get_by_role("button", name="Delete my chat").click()
        await expect(visitor.log).to_be_empty()
        assert await visitor.call("() => localStorage.length") == 0


async def test_the_page_can_call_it_also_before_it_is_there(shop, browser):
    before = """<script nonce="ours">
      window.told = [];
      window.Hubbub = [["user", {name: "小红", size: "M"}], ["on", "message", (one) => told.push(one.text)],
                       ["on", "start", () => told.push("start")], ["open"]];
    </script>"""
    async with shop.visitor(browser, page(before=before)) as visitor:
        await visitor.ask("Who am I?")
        chat = await shop.asked("Who am I?")
        assert any(text == f"[{chat} 小红] Who am I?" for text in shop.texts())
        shop.say(f"{chat}: You are 小红.")
        await visitor.until("told.length === 2")
        assert await visitor.call("() => told") == ["start", "You are 小红."]
        await visitor.call("() => { Hubbub.event('cart', {items: 2}); }")
        async with asyncio.timeout(20):
            while not any(f'{chat} 小红: cart: {{"items":2}}' in text for text in shop.texts()):
                await asyncio.sleep(0.01)
        await visitor.call("() => Hubbub.close()")
        await expect(visitor.panel).to_be_hidden()
        await visitor.call("() => { Hubbub.push(['open']); Hubbub.user(null); }")
        await expect(visitor.log).to_be_empty()


@pytest.mark.parametrize(
    ("language", "direction", "attributes", "name", "side"),
    [
        ("de", "ltr", "", "Nachricht schreiben", "right"),
        ("zh-CN", "ltr", "data-position=start", "输入消息", "left"),
        ("ar", "rtl", 'data-text-write="اكتب رسالة"', "اكتب رسالة", "left"),
        ("fr", "ltr", "data-language=de-AT", "Nachricht schreiben", "right"),
    ],
)
async def test_it_speaks_as_the_page_does(shop, browser, language, direction, attributes, name, side):
    path = page(language=language, direction=direction, attributes=attributes)
    async with shop.visitor(browser, path, **PHONE) as visitor:
        box = await visitor.button.bounding_box()
        assert (box["x"] > 180) is (side == "right")
        await visitor.button.tap()
        field = visitor.page.get_by_role("textbox", name=name)
        await expect(field).to_be_visible()
        await expect(field).to_have_attribute("maxlength", "2000")
        await expect(visitor.button).to_be_hidden()  # on a phone the chat is all that is seen
        assert await visitor.panel.bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740}
        assert await visitor.panel.evaluate("(one) => getComputedStyle(one).direction") == direction


async def test_by_keyboard_and_reader(shop, browser):
    async with shop.visitor(browser) as visitor:
        await visitor.page.keyboard.press("Tab")
        await expect(visitor.button).to_be_focused()
        assert await visitor.button.get_attribute("aria-expanded") == "false"
        await visitor.page.keyboard.press("Enter")
        await expect(visitor.field).to_be_focused()
        await visitor.page.keyboard.type("Hello")
        await visitor.page.keyboard.press("Shift+Enter")
        await visitor.page.keyboard.type("you")
        await visitor.page.keyboard.press("Enter")
        await shop.asked("Hello\nyou")
        await expect(visitor.log).to_have_attribute("aria-live", "polite")
        unnamed = """() => {
          const root = document.querySelector("hubbub-chat").shadowRoot;
          return [...root.querySelectorAll("button, input, textarea")]
            .filter((one) => one.checkVisibility() && !one.ariaLabel && !one.labels?.length)
            .filter((one) => !one.textContent.trim()).map((one) => one.outerHTML);
        }"""
        assert await visitor.call(unnamed) == []
        await visitor.page.get_by_role("button", name="More").press("Enter")
        await expect(visitor.page.get_by_role("button", name="Download transcript")).to_be_focused()
        await visitor.page.keyboard.press("Escape")
        await expect(visitor.page.get_by_role("button", name="Download transcript")).to_be_hidden()
        await expect(visitor.field).to_be_focused()
        await visitor.page.keyboard.press("Escape")
        await expect(visitor.panel).to_be_hidden()
        await expect(visitor.button).to_be_focused()


@pytest.mark.parametrize(("colour", "scheme"), [("#777", "light"), ("gold", "dark"), ("no colour", "light")])
async def test_it_can_be_read_on_any_colour(shop, browser, colour, scheme):
    """WCAG 2.2, 1.4.3."""
    contrast = """(colour) => {
      const root = document.querySelector("hubbub-chat").shadowRoot.querySelector(".root");
      const light = (text) => {
        const [r, g, b] = text.match(/[\\d.]+/g).map((one) => one / 255)
          .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
      };
      const ratio = (one, behind, part) => {
        const style = getComputedStyle(one, part);
        const [a, b] = [light(style.color), light(getComputedStyle(behind).backgroundColor)];
        return Math.max(a, b) / Math.min(a, b);
      };
      const find = (name) => root.querySelector(name);
      const pairs = [["header", "header"], [".body", ".panel"], [".typing", ".panel"]];
      const area = find(".write textarea"), hint = ratio(area, area, "::placeholder");
      return Math.min(hint, ...pairs.map((pair) => ratio(...pair.map(find))));
    }"""
    path = page(attributes=f'data-color="{colour}"')
    async with shop.visitor(browser, path, color_scheme=scheme) as visitor:
        await visitor.button.click()
        assert await visitor.call(contrast) >= 4.5


async def test_in_forced_colours_what_is_pressed_has_an_edge(shop, browser):
    """CSS Color Adjustment Level 1, section 3.1: backgrounds and shadows are gone there."""
    async with shop.visitor(browser, page(), forced_colors="active") as visitor:
        await visitor.ask("Is there an edge?")
        await expect(visitor.log).to_contain_text("Is there an edge?")
        for one in (visitor.button, visitor.panel.locator(".go"), visitor.log.locator(".words").first):
            await expect(one).to_have_css("border-top-style", "solid")
            await expect(one).not_to_have_css("border-top-color", "rgba(0, 0, 0, 0)")


def test_it_is_small_and_writes_no_html():
    packed = Widget().packed
    assert len(packed) < 15_000
    source = gzip.decompress(packed)
    for word in (b"innerHTML", b"insertAdjacentHTML", b"outerHTML", b"document.write", b"cookie", b"eval("):
        assert word not in source


def test_every_attribute_and_call_is_on_the_page():
    known = set(re.findall(r"\bset\.(\w+)", FILE.read_text())) | {"hidden", "text-…"}
    text = PAGE.read_text()
    assert set(re.findall(r"^\| `data-([\w…-]+)`", text, re.MULTILINE)) == known
    for name in ("open", "close", "user", "event", "on", "push"):
        assert f"Hubbub.{name}(" in text


def edited(said, words):
    """What happens when somebody changes what they said."""
    return MessageEdited(
        id=MessageId(f"{said.id}e"), room=said.room, sender=said.sender, target=said.id, content=plain(words)
    )
