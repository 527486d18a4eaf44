"""What a page shows of a desk before there is a chat."""

from .config import RoomConfig

__all__ = ["desk_shown"]


def desk_shown(rules: RoomConfig | None, language: str, proof: dict[str, object] | None) -> dict[str, object]:
    """Return what a page shows of a desk before there is a chat."""
    files = rules.files if rules is not None else None
    return {
        "open": True,
        "until": None,
        "next": None,
        "expect": None,
        "form": [],
        "consent": None,
        "texts": {},
        "files": {"types": files.types, "most": files.most} if files is not None else None,
        "proof": proof,
        "away_form": False,
        "subscribe": [],
        "language": language,
    }
