"""A shop's day at its desk, as its owner, two agents and three customers have it: `hubbub init --desk`, one
line on a page of another origin, irssi on ngIRCd, matrix-nio on Synapse, and Debian's Chromium.
"""

import asyncio
import json

from tests.browser import chromium
from tests.e2e.commands import set_on
from tests.e2e.shop import Irssi, Nio, Shop

ASKED = ["Does the red sweater run small?", "And is it warm?", "It is for Norway."]
ANSWERED = ["No, take your usual size.", "Shall I put one aside?", "Very warm."]


async def test_a_day_at_the_desk(tmp_path):
    shop = Shop(tmp_path)
    async with shop.open(), chromium() as browser:
        await shop.init()
        async with (
            shop.running(),
            Irssi(tmp_path).open(shop.irc.port, "anna") as anna,
            Nio(shop).open("ben", "Ben") as ben,
        ):
            await an_agent_in_irssi_answers_and_closes(shop, browser, anna, ben)
            await an_agent_in_a_matrix_client_has_two_at_once(shop, browser, anna, ben)
        await a_week_later(shop)


async def an_agent_in_irssi_answers_and_closes(shop, browser, anna, ben):
    async with shop.customer(browser) as hong:
        await hong.ask(ASKED[0], name="小红", mail="hong@example.org")
        await anna.type(f"{await anna.number(ASKED[0])}: {ANSWERED[0]}")
        await hong.hears(ANSWERED[0])
        async with hong.offline():
            await hong.ask(ASKED[1])
            await hong.ask(ASKED[2])
            await anna.type(ANSWERED[1])
            await ben.event(ANSWERED[1])
        await hong.hears(ANSWERED[1])
        await anna.number(ASKED[2])
        await anna.type(ANSWERED[2])
        await hong.hears(ANSWERED[2])
        read = await hong.read()
        assert [words for who, words in read if who == "visitor"] == ASKED
        assert [words for who, words in read if who == "agent"] == ANSWERED
        assert [line for line in await anna.reads() if "小红] " in line] == [
            f"<@hubbub> [1 小红] {words}" for words in ASKED
        ]
        await anna.type("!close")
        await hong.press("5 / 5", "Send")
        await ben.event("[Desk] 1 小红: ★★★★★")
        await hong.press("More", "Transcript by email", "Send")
        to, text = await shop.mail()
        assert to == ["hong@example.org"]
        assert [words for words in (*ASKED, *ANSWERED) if words not in text] == []


async def an_agent_in_a_matrix_client_has_two_at_once(shop, browser, anna, ben):
    """The service is started again amid their chats."""
    async with shop.customer(browser) as li, shop.customer(browser) as mia:
        await asyncio.gather(li.ask("Is it wool?", name="Li"), mia.ask("Do you ship to Oslo?", name="Mia"))
        wool, oslo = await ben.event("] Is it wool?"), await ben.event("] Do you ship to Oslo?")
        await ben.say("All of it is wool.", to=wool)
        await ben.say(f"{ben.number_in(oslo)}: We do, within a week.")
        await li.hears("All of it is wool.")
        await mia.hears("We do, within a week.")
        await shop.end()
        await li.ask("Can I wash it?")
        await ben.say(f"{ben.number_in(oslo)}: Which size do you take?")
        await shop.start()
        await ben.say("By hand.", to=await ben.event("] Can I wash it?"))
        await li.hears("By hand.")
        await mia.hears("Which size do you take?")
        await mia.ask("Size M.")
        await ben.event("] Size M.")
        assert await li.read() == [
            ("visitor", "Is it wool?"),
            ("told", "You are talking with Ben now."),
            ("agent", "All of it is wool."),
            ("visitor", "Can I wash it?"),
            ("agent", "By hand."),
        ]
        assert await mia.read() == [
            ("visitor", "Do you ship to Oslo?"),
            ("told", "You are talking with Ben now."),
            ("agent", "We do, within a week."),
            ("agent", "Which size do you take?"),
            ("visitor", "Size M."),
        ]
        said = ["Is it wool?", "Can I wash it?", "Do you ship to Oslo?", "Size M."]
        assert [sum(event.body.endswith(f"] {words}") for event in ben.heard) for words in said] == [1] * 4
        li.visit.complaints.clear()  # of the service that was gone
        mia.visit.complaints.clear()


async def a_week_later(shop):
    """The archive finds what was said; figures tell what was, and the plan what December asks for."""
    week = set_on("+7d")
    (hit,) = json.loads(await shop.hubbub("search", "Norway", "--json", **week))["hits"]
    assert (hit["text"], hit["author"]["name"]) == (ASKED[2], "1 小红")
    figures = json.loads(await shop.hubbub("desk", "figures", "--json", **week))
    assert (figures["chats"], figures["answered"], figures["missed"]) == (3, 3, 0)
    assert (figures["ratings"]["count"], figures["ratings"]["mean"]) == (1, 5)
    assert [(one["name"], one["chats"]) for one in figures["agents"]] == [("Ben", 2), ("anna", 1)]
    december = ("desk", "plan", "--chats-per-day", "300", "--season", "1.8")
    hours = json.loads(await shop.hubbub(*december, "--json", **week))["agent_hours"]
    assert hours in (1, 2)  # all asked in one hour of the week, or at its end
    told = await shop.hubbub(*december, **week)
    assert "80%  answered within 60 s" in told
    assert f"{hours} hour{'s' if hours > 1 else ''} of agents a week" in told
    assert "fewer than a hundred chats were counted" in told
