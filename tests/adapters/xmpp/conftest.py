"""A room on either server, for what both have to do alike. A module may have a server of its own instead."""

import pytest

from tests.adapters.xmpp.places import Bridge, Prosody
from tests.adapters.xmpp.servers import Ejabberd


@pytest.fixture(scope="module", params=[Prosody, Ejabberd])
async def server(request, tmp_path_factory):
    made = request.param(tmp_path_factory.mktemp("server"))
    try:
        await made.start()
        await made.register("hubbub", "hubbub")
        yield made
    finally:
        await made.stop()


@pytest.fixture
def bridge(server, request):
    return Bridge(server, request.node.originalname.replace("_", "-"))
