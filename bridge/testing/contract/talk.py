"""Talk, both ways."""

from collections.abc import Callable

from bridge.model import Block, Capabilities, Content, Feature, Kind, Span, Unit, normal, plain

from .place import Place, able, same

__all__ = ["TalkContract"]

_FEATURES = {
    Feature.LINK: Span("site", href="https://example.org/"),
    Feature.COLOUR: Span("red", colour=0xFF0000),
    Feature.QUOTE: Span("said", block=Block(quote=1)),
    Feature.CODE_BLOCK: Span("x = 1", block=Block(code="")),
    Feature.LIST: Span("item", block=Block(item=0)),
}
_AWKWARD = "<b>&amp; *a* _b_ `c` ~d~ > e @room \N{ZERO WIDTH SPACE} 'x' \"y\" ]]> ${HOME} {name} %s \\n"
_SIZES: dict[Unit, Callable[[str], int]] = {
    Unit.BYTES: lambda text: len(text.encode()),
    Unit.CODE_POINTS: len,
    Unit.UTF16: lambda text: len(text.encode("utf-16-le")) // 2,
}


class TalkContract:
    """Texts arrive as they are."""

    async def test_what_people_say_is_emitted(self, place: Place) -> None:
        async with place.running():
            await place.person.say(plain("hello there"))
            await place.person.say(plain("和你好 👋"))
            first, second = await place.said(), await place.said()
        same(
            (first.content, second.content),
            (plain("hello there"), plain("和你好 👋")),
            "what somebody said is emitted in other words, or in another order",
        )
        same({first.room, second.room}, {place.room}, "the room is not what room_id made of it")
        same(first.sender, second.sender, "somebody has two names")
        same(first.sender.name, place.person.name, "somebody is not called what they are called there")
        assert first.id != second.id, "two messages of a room have one id"
        assert not first.replayed, "what is heard live is not replayed"

    async def test_two_equal_texts_are_two_messages(self, place: Place) -> None:
        async with place.running():
            for _ in range(2):
                await place.person.say(plain("same"))
            await place.person.say(plain("after"))
            texts = [(await place.said()).content.text for _ in range(2)]
            same(
                texts,
                ["same", "same"],
                "somebody said the same twice, which is two messages, each with its id",
            )
            await place.said()
            for _ in range(2):
                await place.deliver(plain("<alice> again"))
            await place.deliver(plain("<alice> after"))
            texts = [(await place.heard()).content.text for _ in range(3)]
        same(
            texts,
            ["<alice> again", "<alice> again", "<alice> after"],
            "two commands of the same words are two messages",
        )

    async def test_an_emote_is_emitted_as_one(self, place: Place) -> None:
        async with place.running():
            with able():
                await place.person.say(plain("waves"), Kind.EMOTE)
            event = await place.said()
        same((event.kind, event.content), (Kind.EMOTE, plain("waves")), "an emote is emitted otherwise")

    async def test_every_mark_that_is_claimed_arrives(self, place: Place) -> None:
        async with place.running():
            for mark in sorted(place.record.marks):
                content = Content((Span("<alice> "), Span("word", frozenset({mark})), Span(" end")))
                await place.deliver(content)
                found = normal((await place.heard()).content.spans)
                same(found, content.spans, f"the record has {mark!r} among its marks, and it does not arrive")

    async def test_every_feature_that_is_claimed_arrives(self, place: Place) -> None:
        async with place.running():
            for feature in sorted(place.record.features):
                sample = _FEATURES[feature]
                await place.deliver(Content((Span("<alice>\n"), sample)))
                found = (await place.heard()).content.spans
                assert sample in found, (
                    f"the record has {feature!r} among its features, and it does not arrive: {found!r}"
                )
            if place.record.lines:
                await place.deliver(plain("<alice> one\ntwo"))
                same(
                    (await place.heard()).content.text,
                    "<alice> one\ntwo",
                    "the record says that a message holds several lines (lines), and they do not arrive in"
                    " one",
                )

    async def test_the_longest_text_arrives_whole(self, place: Place) -> None:
        async with place.running():
            for sample in ("x", "é", "&", "😀"):
                record = place.record
                text = sample * (record.text_limit // _SIZES[record.unit](sample))
                await place.deliver(plain(text))
                found = (await place.heard()).content.text
                assert found == text, (
                    f"the record promises {record.text_limit} {record.unit}: of so much text, all {sample!r},"
                    f" {_SIZES[record.unit](found)} arrived in the first message"
                )

            marked = _marked(place.record)
            await place.deliver(marked)
            same(
                (await place.heard()).content.text,
                marked.text,
                f"the record promises that a change of marks costs {place.record.mark_cost} {record.unit} at"
                " most (mark_cost), and a text that is so much shorter than the longest does not arrive"
                " whole",
            )

    async def test_user_text_is_only_text(self, place: Place) -> None:
        async with place.running():
            await place.deliver(plain(f"<alice> {_AWKWARD}"))
            heard = (await place.heard()).content
        same(
            heard.text.replace("\u2060", ""),
            f"<alice> {_AWKWARD}",
            "what a person wrote arrives changed: escape it",
        )
        assert not any(span.marks or span.href for span in heard.spans), (
            f"what a person wrote is read as formatting: escape it\n  found: {heard.spans!r}"
        )


def _marked(record: Capabilities) -> Content:
    """Return the longest content whose marks change four times."""
    length = (record.text_limit - 5 * record.mark_cost) // 5
    return Content(tuple([Span("x" * length, record.marks if n % 2 else frozenset()) for n in range(5)]))
