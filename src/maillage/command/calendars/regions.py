"""What an INSEE code says of a commune's calendar: its school zone, its public holidays, its time. Pure.

Zones since January 2016: arrêté of 16 April 2015 fixing the national school calendar, by academy.
"""

from zoneinfo import ZoneInfo

_ZONES = {
    "A": "01 03 07 15 16 17 19 21 23 24 25 26 33 38 39 40 42 43 47 58 63 64 69 70 71 73 74 79 86 87 89 90",
    "B": "02 04 05 06 08 10 13 14 18 22 27 28 29 35 36 37 41 44 45 49 50 51 52 53 54 55 56 57 59 60 61 62 67 68 72 76 "
    "80 83 84 85 88",
    "C": "09 11 12 30 31 32 34 46 48 65 66 75 77 78 81 82 91 92 93 94 95",
}
_ZONE_OF = {department: zone for zone, departments in _ZONES.items() for department in departments.split()}
_SUBDIVISIONS = {"57": "57", "67": "6AE", "68": "6AE", "977": "BL", "978": "MF", "975": "PM"}
_OWN_HOLIDAYS = ("971", "972", "973", "974", "976")
_TIMES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
}


def department(insee: str) -> str:
    """``91`` of 91228, ``2A`` of 2A004, ``974`` of 97411."""
    return insee[:3] if insee.startswith(("97", "98")) else insee[:2]


def school_zone(insee: str) -> str:
    """``A``, ``B`` or ``C``; empty for Corsica and overseas, which have calendars of their own."""
    return _ZONE_OF.get(department(insee), "")


def holiday_subdivision(insee: str) -> str | None:
    """The region with public holidays of its own, as the ``holidays`` package names it."""
    own = department(insee)
    return own if own in _OWN_HOLIDAYS else _SUBDIVISIONS.get(own)


def timezone(insee: str) -> ZoneInfo:
    """The local time."""
    return ZoneInfo(_TIMES.get(department(insee), "Europe/Paris"))
