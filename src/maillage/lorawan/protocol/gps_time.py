"""GPS time, which LoRaWAN counts in: no leap seconds, from 6 January 1980 on (LoRaWAN L2 1.0.4, §5.9)."""

from datetime import UTC, datetime, timedelta

GPS_EPOCH = datetime(1980, 1, 6, tzinfo=UTC)
GPS_AHEAD_OF_UTC = timedelta(seconds=18)
"""Since 2017-01-01 (IERS Bulletin C 52); no leap second has been announced since."""


def to_gps(instant: datetime) -> timedelta:
    """Time since the GPS epoch, of an aware instant since 2017."""
    return instant - GPS_EPOCH + GPS_AHEAD_OF_UTC


def from_gps(since_epoch: timedelta) -> datetime:
    """The instant, aware UTC."""
    return GPS_EPOCH - GPS_AHEAD_OF_UTC + since_epoch
