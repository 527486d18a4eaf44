"""The HTML of messages (`formatted_body`, org.matrix.custom.html), to spans and from them."""

from .parser import USER, has_mute_image, linkable, mentioned, parse
from .render import body, formatted

__all__ = ["USER", "body", "formatted", "has_mute_image", "linkable", "mentioned", "parse"]
