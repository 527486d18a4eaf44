"""What filters cost each message: with none, with many that find nothing, and with some that do."""

from bridge.config import Filters, Replacement

PATTERNS = tuple(rf"(?i)\bspam{number}\b" for number in range(20))
FILTERS = {
    "none": Filters(),
    "a command's sign": Filters(ignore_commands=("!", ".")),
    "an expression in the text": Filters(ignore_text=PATTERNS[:1]),
    "20 of them": Filters(ignore_text=PATTERNS),
    "a text replaced that is not there": Filters(replace_text=(Replacement(find="spam"),)),
    "a text replaced that is": Filters(replace_text=(Replacement(find="[a-z]+", put=r"\0"),)),
    "a name replaced": Filters(replace_names=(Replacement(find="[aeiou]", put=r"\0"),)),
}
"""Those of the network that the messages come from."""
