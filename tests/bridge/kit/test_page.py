"""The pages that people meet who follow a link to us."""

import hashlib
import re
from base64 import b64encode

from bridge.kit import PAGE_HEADERS, plain_page

HOSTILE = "<b>\"'&{title}"


def test_whatever_stands_on_it_is_text():
    page = plain_page("de", HOSTILE, HOSTILE, button=HOSTILE, code=HOSTILE, script=[("data-desk", HOSTILE)])
    assert "<b>" not in page
    assert page.count("&lt;b&gt;&quot;&#x27;&amp;{title}") == 6
    assert '<html lang="de">' in page


def test_its_policy_allows_its_own_style_and_nothing_else():
    """Content Security Policy Level 3, section 8.3: by hash."""
    (style,) = re.findall(r"<style>(.*?)</style>", plain_page("en", "a"), re.DOTALL)
    known = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = PAGE_HEADERS["Content-Security-Policy"]
    assert f"style-src 'sha256-{known}'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy


def test_only_what_can_be_pressed_has_a_form():
    assert "<form" not in plain_page("en", "Done", "It is.")
    assert '<form method="post"><button class="grave">Delete' in plain_page(
        "en", "Delete?", button="Delete", grave=True
    )
