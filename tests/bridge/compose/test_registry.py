"""Every kind of event has its composer."""

from typing import get_args

from bridge.compose.registry import COMPOSERS
from bridge.model import TalkEvent


def test_all_that_can_be_delivered_is_composed():
    assert set(COMPOSERS) == set(get_args(TalkEvent))
