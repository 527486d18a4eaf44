"""QQ's own small pictures in messages, as the emoji that are nearest. Pure."""

__all__ = ["FACES"]

_KNOWN = """
0😮 2😍 3😳 4😎 5😭 6☺️ 7🤐 8😴 9😭 10😅 11😡 12😜 13😁 14🙂 15🙁 16😎 18😫 19🤮 20🤭 21😊 22🙄
23😤 24😋 25🥱 26😱 27😓 28😄 29😌 30💪 31🤬 32❓ 33🤫 34😵 37💀 38🔨 39👋 41🥶 42💕 46🐷 49🤗
53🎂 54⚡ 55💣 56🔪 57⚽ 59💩 60☕ 61🍚 63🌹 64🥀 66❤️ 67💔 69🎁 74☀️ 75🌙 76👍 77👎 78🤝
79✌️ 85😘 86😠 89🍉 96😰 97😅 99👏 101😏 104🥱 105😒 106🥺 107😢 108😈 109😚 110😨 111🥺
112🔪 113🍺 114🏀 116💋 117🐞 118🙏 120✊ 121👎 122🤟 123🙅 124👌 171🍵 172😉 173😭 174🤷
179🐶 182😂 212🤔 277🐕
"""
FACES = {face.rstrip(picture): picture for face in _KNOWN.split() for picture in [face.lstrip("0123456789")]}
"""By QQ's number of them, as strings."""
