"""`wss://`: the implementation behind TLS, with a certificate of an authority of the owner's own."""

import ssl

import pytest

from bridge import AuthenticationFailed, ConnectionLost, plain
from tests.adapters.trouble import digest, openssl
from tests.adapters.trouble import plain as is_plain

from .places import on_qq


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """An authority; makes what serves with a certificate of it for a name, or with one that is over."""
    folder = tmp_path_factory.mktemp("authority")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    ca, ca_key = folder / "ca.pem", folder / "ca.key"
    openssl("req", "-x509", *key, "-days", "2", "-subj", "/CN=throw-away", "-keyout", ca_key, "-out", ca)

    def serving(name, *, days="2"):
        made = folder / name
        (folder / "names").write_text(f"subjectAltName=DNS:{name}")
        openssl("req", *key, "-subj", f"/CN={name}", "-keyout", f"{made}.key", "-out", f"{made}.csr")
        signed = ("-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", days)
        openssl(
            "x509", "-req", "-in", f"{made}.csr", *signed, "-extfile", folder / "names", "-out", f"{made}.pem"
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{made}.pem", f"{made}.key")
        return context

    serving.ca = ca
    return serving


async def refusal(place):
    """The sentence that the owner reads when it runs, which is that of `hubbub check --online`."""
    with pytest.raises(ConnectionLost) as run:
        await place.adapter.run(place.emit)
    with pytest.raises(ConnectionLost) as look:
        await place.adapter.look(place.adapter.rooms)
    assert str(run.value) == str(look.value)
    assert is_plain(str(run.value))
    assert place.qq.asked == []
    return str(run.value)


async def test_an_authority_of_the_owners_own(authority):
    async with on_qq(tls=authority("localhost"), ca_file=authority.ca) as place:
        assert await place.adapter.look(place.adapter.rooms) == {place.room: None}
        async with place.running():
            port = place.qq.web.rpartition(":")[2]
            shown = place.adapter.peer()
            assert (shown.server, shown.tls) == (f"localhost:{port}", "TLSv1.3")
            assert shown.certificate == digest(authority.ca.with_name("localhost.pem"))
            await place.deliver(plain("hello"))
            await place.person.say(plain("hi"))
            assert (await place.said()).content == plain("hi")


async def test_one_that_nobody_trusts(authority):
    async with on_qq(tls=authority("localhost")) as place:
        said = await refusal(place)
    address = f"wss://localhost:{place.qq.web.rpartition(':')[2]}"
    assert said == (
        f"the certificate at {address} does not verify (unable to get local issuer certificate):"
        " where that is right, name its authority in ca_file"
    )


async def test_one_of_another_name(authority):
    async with on_qq(tls=authority("elsewhere.example"), ca_file=authority.ca) as place:
        assert "is made out to another name" in await refusal(place)


async def test_one_that_is_over(authority):
    async with on_qq(tls=authority("localhost", days="-1"), ca_file=authority.ca) as place:
        assert "expired" in await refusal(place)


async def test_a_port_that_speaks_no_tls():
    async with on_qq() as place:
        url = written(place, "wss://")
        assert await refusal(place) == (
            f"what answers at {url} speaks no TLS: mend that there, or write ws:// for it in url"
        )


async def test_a_port_that_speaks_tls_alone(authority):
    async with on_qq(tls=authority("localhost")) as place:
        url = written(place, "ws://")
        assert (await refusal(place)).startswith(f"there is no connection to {url} (")


def written(place, scheme):
    """The address, as an owner may write it by mistake."""
    config = place.adapter.config
    url = scheme + config.url.partition("://")[2]
    place.adapter.config = config.model_copy(update={"url": url})
    return url


@pytest.mark.parametrize(
    ("text", "why"), [(None, "No such file"), ("nonsense", "it holds no certificate in PEM")]
)
async def test_a_file_of_authorities_that_cannot_be_read(authority, tmp_path, text, why):
    file = tmp_path / "ca.pem"
    if text:
        file.write_text(text)
    async with on_qq(tls=authority("localhost"), ca_file=file) as place:
        said = await refusal(place)
    assert str(file) in said
    assert why in said


async def test_another_token_behind_tls(authority):
    async with on_qq(tls=authority("localhost"), ca_file=authority.ca, access_token="another") as place:
        with pytest.raises(AuthenticationFailed):
            await place.adapter.look(place.adapter.rooms)
