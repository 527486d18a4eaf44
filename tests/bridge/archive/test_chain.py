"""The arithmetic of the chain, by its own definition and by RFC 6962."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.archive.chain import audit_path, leaf_of, link_of, root_from_path, root_of, salts

_HEADS = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


@given(_HEADS, st.data())
def test_each_head_leads_to_the_root_by_its_path(heads: list[bytes], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(heads) - 1))
    path = audit_path(heads, number)
    assert root_from_path(heads[number], number, len(heads), path) == root_of(heads)
    if len(set(heads)) == len(heads) > 1:
        assert root_from_path(heads[number - 1], number, len(heads), path) != root_of(heads)


@pytest.mark.parametrize("wrong", [-1, 3, 4])
def test_a_head_that_is_not_there_has_no_path(wrong: int) -> None:
    with pytest.raises(ValueError, match="no such head"):
        root_from_path(b"", wrong, 3, [])


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_path_of_another_length_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="path is too"):
        root_from_path(b"a" * 32, 0, 4, [b"b" * 32] * count)


def test_a_link_depends_on_place_and_order() -> None:
    one, two = leaf_of(1, b"a" * 32, b"b" * 32), leaf_of(2, b"a" * 32, b"b" * 32)
    assert one != two
    assert link_of(link_of(b"0" * 32, one), two) != link_of(link_of(b"0" * 32, two), one)


def test_salts_are_of_one_entry_and_part() -> None:
    found = {salt for position in range(1, 100) for salt in salts(b"k" * 32, position)}
    assert len(found) == 198
    assert {len(salt) for salt in found} == {16}
