"""What people of other networks look like, for the adapters that show them."""

import asyncio
import hashlib

from bridge import AdapterError, Avatar


class Elsewhere:
    """Has for each person (`Speaker.key`) a picture, None, or the error that the question ends with."""

    def __init__(self, people):
        self.people = people
        self.asked = []
        self.open = asyncio.Event()
        """Clear: nobody answers."""
        self.open.set()

    async def of(self, room, key):
        self.asked.append(key)
        await self.open.wait()
        found = self.people[key]
        if isinstance(found, AdapterError):
            raise found
        return None if found is None else Avatar(found, "image/png", 20, digest(found))


def digest(data):
    return hashlib.sha1(data).hexdigest()
