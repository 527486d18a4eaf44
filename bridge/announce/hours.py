"""Until when somebody is not to be disturbed."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

__all__ = ["quiet_until"]


def quiet_until(quiet: str | None, zone: str, now: float) -> float | None:
    """Return when quiet hours such as `22:00-08:00` end that last now, by the clocks of a zone; None: none
    do. Times are in seconds since 1970.
    """
    if quiet is None:
        return None
    begin, end = (time.fromisoformat(part) for part in quiet.split("-"))
    here = datetime.fromtimestamp(now, ZoneInfo(zone))
    clock = here.time()
    over_night = begin > end
    if not (clock >= begin or clock < end if over_night else begin <= clock < end):
        return None
    day = here.date() + timedelta(days=1 if over_night and clock >= begin else 0)
    until = datetime.combine(day, end, here.tzinfo).timestamp()
    return until if until > now else now + 60.0  # clocks were put back meanwhile
