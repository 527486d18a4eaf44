"""A module for Synapse: a spam checker that refuses one word and one emoji (Synapse's "Modules")."""

from synapse.module_api import NOT_SPAM
from synapse.module_api.errors import Codes

WORD, EMOJI = "heck", "🖕"


class Checker:
    def __init__(self, _config, api):
        api.register_spam_checker_callbacks(
            check_event_for_spam=self.check, check_media_file_for_spam=self.check_file
        )

    @staticmethod
    def parse_config(config):
        return config

    async def check(self, event):
        said = str(event.content)
        return Codes.FORBIDDEN if WORD in said or EMOJI in said else NOT_SPAM

    async def check_file(self, file, _info):
        content = []
        await file.write_chunks_to(content.append)
        return Codes.FORBIDDEN if WORD.encode() in b"".join(content) else NOT_SPAM
