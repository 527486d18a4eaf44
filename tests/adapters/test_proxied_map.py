"""The page about proxies shows a map that passes `check`, and names every protocol."""

import re
import textwrap
from pathlib import Path

from bridge.config import WayOut, load
from bridge.protocols import find, protocols

PAGE = (Path(__file__).parents[2] / "docs/proxies.md").read_text()


def test_the_map_of_the_page_is_in_order(tmp_path):
    (block,) = re.findall(r"^    networks:\n(?:      .*\n)+", PAGE, re.MULTILINE)
    secret = tmp_path / "secret"
    secret.write_text("secret-word")
    secret.chmod(0o600)
    text = re.sub(r"/run/secrets/\w+", str(secret), textwrap.dedent(block))
    rooms = 'conversations: {lobby: {hidden: "#a", home: "#a:example.org", work: a@rooms.example.net}}\n'
    file = tmp_path / "bridge.yaml"
    file.write_text(text.replace("source: 192.0.2.7", "server: example.net\n    source: 192.0.2.7") + rooms)
    networks = load(file, find, {}).networks
    ways = {name: network.settings.way for name, network in networks.items()}
    assert ways["hidden"].proxy.there == ("127.0.0.1", 9050)
    assert ways["home"].proxy.login == ("hubbub", "secret-word")
    assert str(ways["work"].source) == "192.0.2.7"


def test_the_page_names_every_protocol_and_whether_it_has_a_proxy():
    own = {name: found for name, found in protocols().items() if found.__module__.startswith("adapters.")}
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (.*) \|$", PAGE, re.MULTILINE)
    told = {name: said for names, said in rows for name in re.findall(r"`(\w+)`", names)}
    assert told.keys() - {"protocol"} == own.keys()
    without = {name for name, found in own.items() if not issubclass(found.NetworkConfig, WayOut)}
    assert without == {name for name, said in told.items() if said.startswith("has no `proxy`")}
