"""What is said, both ways."""

from bridge.model import Block, Content, Feature, Kind, Span, normal, plain

from .place import Place

__all__ = ["TalkContract"]


class TalkContract:
    """Texts arrive as they are."""

    async def test_what_people_say_is_emitted(self, place: Place) -> None:
        async with place.running():
            await place.person.say(plain("hello there"))
            await place.person.say(plain("和你好 👋"))
            first, second = await place.said(), await place.said()
        assert (first.content, second.content) == (plain("hello there"), plain("和你好 👋"))
        assert first.room == second.room == place.room
        assert first.sender == second.sender
        assert first.sender.name == place.person.name
        assert first.id != second.id, "names are unique in their room"
        assert not first.replayed

    async def test_an_emote_is_emitted_as_one(self, place: Place) -> None:
        async with place.running():
            await place.person.say(plain("waves"), Kind.EMOTE)
            event = await place.said()
        assert (event.kind, event.content) == (Kind.EMOTE, plain("waves"))

    async def test_every_mark_that_is_claimed_arrives(self, place: Place) -> None:
        async with place.running():
            for mark in sorted(place.adapter.capabilities(place.room).marks):
                content = Content((Span("<alice> "), Span("word", frozenset({mark})), Span(" end")))
                await place.deliver(content)
                assert normal((await place.heard()).content.spans) == content.spans, mark

    async def test_every_feature_that_is_claimed_arrives(self, place: Place) -> None:
        samples = {
            Feature.LINK: Span("site", href="https://example.org/"),
            Feature.COLOUR: Span("red", colour=0xFF0000),
            Feature.QUOTE: Span("said", block=Block(quote=1)),
            Feature.CODE_BLOCK: Span("x = 1", block=Block(code="")),
            Feature.LIST: Span("item", block=Block(item=0)),
        }
        async with place.running():
            for feature in sorted(place.adapter.capabilities(place.room).features):
                sample = samples[feature]
                await place.deliver(Content((Span("<alice>\n"), sample)))
                assert sample in (await place.heard()).content.spans, feature

    async def test_the_longest_text_arrives_whole(self, place: Place) -> None:
        async with place.running():
            for sample in ("x", "é", "&", "😀"):
                limit = place.adapter.capabilities(place.room).text_limit
                text = sample * (limit // len(sample.encode()))
                await place.deliver(plain(text))
                assert (await place.heard()).content.text == text

    async def test_user_text_is_only_text(self, place: Place) -> None:
        awkward = (
            "<b>&amp; *a* _b_ `c` ~d~ > e @room \N{ZERO WIDTH SPACE} 'x' \"y\" ]]> ${HOME} {name} %s \\n"
        )
        async with place.running():
            await place.deliver(plain(f"<alice> {awkward}"))
            heard = (await place.heard()).content
        assert heard.text.replace("\u2060", "") == f"<alice> {awkward}"
        assert not any(span.marks or span.href for span in heard.spans)
