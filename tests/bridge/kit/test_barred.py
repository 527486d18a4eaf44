"""Who was sent away says nothing for a while, and nobody speaks for them."""

import pytest

from bridge import Barred, Rejected


def test_for_a_minute_and_no_longer():
    barred = Barred()
    barred.admit("ada", "Ada", 0.0)
    barred.bar("ada", "was banned there by bob", 10.0)
    with pytest.raises(Rejected, match=r"^Ada was banned there by bob$") as found:
        barred.admit("ada", "Ada", 69.9)
    assert found.value.alone
    barred.admit("bob", "Bob", 69.9)
    barred.admit("ada", "Ada", 70.0)


def test_who_is_let_in_again():
    barred = Barred()
    barred.bar(("ada", "tea"), "was sent out there", 0.0)
    barred.free(("ada", "tea"))
    barred.admit(("ada", "tea"), "Ada", 1.0)
