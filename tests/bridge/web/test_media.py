"""Links to files: what they promise, and what they do not give."""

from urllib.parse import urlsplit

import msgspec
import pytest

from bridge.media.cache import Note
from tests.bridge.media.conftest import Service
from tests.bridge.media.test_files import picture

from .conftest import PUBLIC, linked


async def test_a_link_gives_the_file_safely(visitor, server):
    content = picture()
    link = await linked(visitor, server, content, name="a cat ü.png")
    assert link.endswith("/a%20cat%20%C3%BC.png")
    status, headers, body = await visitor.open(link)
    assert (status, body) == (200, content)
    assert headers["Content-Type"] == "image/png"
    assert (
        headers["Content-Disposition"]
        == "inline; filename=\"a cat _.png\"; filename*=UTF-8''a%20cat%20%C3%BC.png"
    )
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "private, max-age=3600"
    assert "Server" not in headers


async def test_a_link_stays_the_same_also_after_a_restart(visitor, server, media):
    link = await linked(visitor, server, b"words", name="a.txt")
    again = Service(media(public_url=PUBLIC))
    assert again.files.link(1, await again.got(1)) == link


async def test_a_part_of_a_file_can_be_asked_for(visitor, server):
    link = await linked(visitor, server, bytes(range(256)), name="a.bin")
    status, headers, body = await visitor.open(link, Range="bytes=10-19")
    assert (status, body, headers["Content-Range"]) == (206, bytes(range(10, 20)), "bytes 10-19/256")
    assert (await visitor.open(link, Range="bytes=900-"))[0] == 416
    status, headers, body = await visitor.open(link, "HEAD")
    assert (status, headers["Content-Length"], body) == (200, "256", b"")


@pytest.mark.parametrize(
    ("content", "claimed", "media_type", "way"),
    [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
            "image/svg+xml",
            "image/svg+xml",
            "attachment",
        ),
        (b"<!doctype html><script>1</script>", "text/plain", "text/html", "attachment"),
        (b"<?xml version='1.0'?><a/>", "image/png", "application/xml", "attachment"),
        (b"%PDF-1.7\n", "image/png", "application/pdf", "attachment"),
        (b"words", "image/png", "text/plain; charset=utf-8", "inline"),
        (b"ID3\x03\0\0\0\0\0\0", "text/html", "audio/mpeg", "inline"),
        (b"\x80\x81\x82", "text/html", "application/octet-stream", "attachment"),
    ],
)
async def test_nothing_that_acts_is_shown(visitor, server, content, claimed, media_type, way):
    link = await linked(visitor, server, content, name="a", type=claimed)
    _, headers, _ = await visitor.open(link)
    assert headers["Content-Type"] == media_type
    assert headers["Content-Disposition"].startswith(f"{way}; ")


async def test_all_that_is_wrong_looks_alike(visitor, server, media):
    link = await linked(visitor, server, b"words", name="a.txt")
    _, prefix, name, expiry, signature, last = urlsplit(link).path.split("/")
    assert prefix == "hub"
    path = visitor.service.files.get("net", 1, 0, None).path
    wrong = [
        "/",
        "/hub/",
        f"/hub/{name}",
        f"/hub/{name}/{expiry}/{signature}",
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        f"/hub/{name}/{expiry}/{'A' * 20}/{last}",
        f"/hub/{name}/{int(expiry, 16) + 1:x}/{signature}/{last}",
        f"/hub/{'0' * 32}/{expiry}/{signature}/{last}",
        f"/hub/{name}/{expiry}/%ff%00/{last}",
        f"/hub/{name}/x/{signature}/{last}",
        f"/hub/%ed%a0%80/{expiry}/{signature}/{last}",
        f"/hub/{path.parent.name}/{path.name}.json",
        f"/hub/{name}/{expiry}/{signature}/{last}/more",
    ]
    answers = [(await visitor.open(path))[::2] for path in wrong]
    answers.append((await visitor.open(link, "POST"))[::2])
    assert set(answers) == {(404, b"There is nothing here, or no longer.\n")}
    assert (await visitor.open(link))[0] == 200
    assert (await visitor.open(link.replace("/hub/", "/")))[0] == 200, "a proxy may take its prefix away"


async def test_a_link_ends(visitor, server, media):
    link = await linked(visitor, server, b"words", name="a.txt")
    path = visitor.service.files.get("net", 1, 0, None).path
    note = path.with_suffix(".json")
    old = msgspec.json.decode(note.read_bytes(), type=Note)
    note.write_bytes(msgspec.json.encode({**msgspec.to_builtins(old), "fetched": old.fetched - media().keep}))
    ended = visitor.service.files.link(1, await visitor.service.got(1))
    assert ended != link
    assert (await visitor.open(ended))[0] == 404
    assert (await visitor.open(link))[0] == 200


async def test_a_link_to_what_was_taken_back_gives_nothing(visitor, server):
    link = await linked(visitor, server, b"words", name="a.txt")
    visitor.service.files.forget(1)
    assert (await visitor.open(link))[0] == 404


async def test_a_long_text_is_a_page(visitor):
    publish = visitor.service.files.publish
    link = publish(1, "Ada's words", "ä long\ntext <script>")
    assert publish(1, "Ada's words", "ä long\ntext <script>") == link
    assert publish(1, "Ada's words", "another") != link
    assert publish(2, "Ada's words", "ä long\ntext <script>") != link
    status, headers, body = await visitor.open(link)
    assert (status, body.decode()) == (200, "ä long\ntext <script>")
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert link.endswith("/Ada%27s%20words.txt")


async def test_a_link_is_short_enough_for_a_line_of_chat(visitor, server):
    link = await linked(visitor, server, b"words", name="длинное имя файла " * 20 + ".txt")
    assert len(link) < len(PUBLIC) + 130
    assert link.endswith(".txt")


async def test_without_a_public_address_there_are_no_links(server, serve):
    service = await serve()
    file = await service.got(1, server.put("a", b"words"))
    assert service.files.link(1, file) is None
    assert service.files.publish(1, "a", "b") is None
