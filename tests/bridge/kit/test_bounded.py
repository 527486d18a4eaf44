"""A memory that cannot grow."""

from bridge import BoundedDict


def test_the_newest_are_kept_in_order():
    kept = BoundedDict(3)
    for number in range(5):
        kept[number] = str(number)
    assert list(kept.items()) == [(2, "2"), (3, "3"), (4, "4")]


def test_what_is_set_again_is_new_again():
    kept = BoundedDict(2)
    kept["a"], kept["b"] = 1, 2
    kept["a"] = 3
    kept["c"] = 4
    assert dict(kept) == {"a": 3, "c": 4}


def test_every_way_to_set_something_is_bounded():
    kept = BoundedDict(2)
    kept.update({1: 1, 2: 2, 3: 3})
    assert list(kept) == [2, 3]
    assert kept.setdefault(4, 4) == 4
    kept |= {5: 5}
    assert list(kept) == [4, 5]
    assert kept.pop(4) == 4
    assert kept.get(4) is None
