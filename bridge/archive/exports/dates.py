"""Points in time as an export shows them: in one zone, whatever the machine's is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

__all__ = ["Dates"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Dates:
    """Knows what the clocks of a zone show."""

    def __init__(self, zone: str) -> None:
        """`zone` is one of the IANA database. Raises ZoneInfoNotFoundError or ValueError."""
        self.zone = zone
        self._zone = ZoneInfo(zone)

    def local(self, at: float) -> datetime:
        """Return a point in time there."""
        return datetime.fromtimestamp(at, UTC).astimezone(self._zone)

    def day(self, at: float) -> str:
        """Return the date: `2026-11-28`."""
        return self.local(at).strftime("%Y-%m-%d")

    def clock(self, at: float) -> str:
        """Return the time of day: `23:59:52`."""
        return self.local(at).strftime("%H:%M:%S")

    def iso(self, at: float) -> str:
        """Return it whole, as RFC 3339 has it, in milliseconds: `2026-11-28T23:59:52.000+00:00`."""
        return self.local(at).isoformat(timespec="milliseconds")

    def full(self, at: float) -> str:
        """Return date and time for people: `2026-11-28 23:59:52`."""
        return self.local(at).strftime("%Y-%m-%d %H:%M:%S")

    def near(self, at: float, other: float) -> str:
        """Return the time of day, with the date where that is not the day of `other`."""
        return self.clock(at) if self.day(at) == self.day(other) else self.full(at)

    def asctime(self, at: float, *, clock: bool = True) -> str:
        """Return it as C's `%a %b %d %H:%M:%S %Y` does in English, or its day alone."""
        there = self.local(at)
        time = f" {there:%H:%M:%S}" if clock else ""
        return f"{_DAYS[there.weekday()]} {_MONTHS[there.month - 1]} {there:%d}{time} {there:%Y}"
