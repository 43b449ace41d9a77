"""Values as people read them: numbers with their unit, instants in the territory's time, ages in words.

Numbers follow the active language (19,5 in French). The unit stands after a narrow no-break space, as the Imprimerie
nationale's rules want it; English sets ``%`` solid. The same rules are written for the browser in
``static/web/js/formats.js``; a test compares both.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from django.utils import formats as django_formats
from django.utils.translation import get_language, gettext, ngettext, pgettext

from maillage.kernel.money import Cents, euros

TERRITORY_ZONE = ZoneInfo("Europe/Paris")
NARROW_NO_BREAK_SPACE = "\u202f"

Number = int | float | Decimal

_DISPLAYED: Mapping[str, str] = {
    "1": "",
    "Cel": "°C",
    "Cel.d": "°C·j",
    "[ppm]": "ppm",
    "[ppb]": "ppb",
    "ug/m3": "µg/m³",
    "mg/m3": "mg/m³",
    "m2": "m²",
    "m3": "m³",
    "m3/h": "m³/h",
    "dB[mW]": "dBm",
    "dB[SPL]": "dB",
    "kW.h": "kWh",
    "W.h": "Wh",
    "deg": "°",
    "Ohm": "Ω",
    "km/h": "km/h",
    "{count}": "",
}


def unit_label(unit: str) -> str:
    """The sign of a UCUM code; a code without one is shown as it is."""
    return _DISPLAYED.get(unit, unit)


_UNREADABLE = 1e15
"""From here on nobody counts digits: powers of ten."""


def number(value: Number, decimals: int | None = None) -> str:
    """``value`` in the active language. Without ``decimals``: one decimal when the value has a fraction, else none.

    Halves go away from zero, as the browser rounds them.
    """
    if abs(float(value)) >= _UNREADABLE:
        return f"{value:.3g}".replace("-", "−")
    places = decimals if decimals is not None else int(value != int(value))
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = django_formats.number_format(rounded, decimal_pos=places, use_l10n=True, force_grouping=True)
    return text.replace("\u00a0", NARROW_NO_BREAK_SPACE).replace("-", "−")


def quantity(value: Number | None, unit: str = "", decimals: int | None = None) -> str:
    """``19,5 °C``; an em dash when there is no value."""
    if value is None:
        return "—"
    sign = unit_label(unit)
    glue = "" if not sign or (sign == "%" and not _is_french()) else NARROW_NO_BREAK_SPACE
    return f"{number(value, decimals)}{glue}{sign}"


def money(amount: Cents | None) -> str:
    """``1 234,50 €`` in the active language; cents are left out of whole euros; an em dash when there is no amount."""
    if amount is None:
        return "—"
    text = number(euros(amount), 2 if amount % 100 else 0)
    return f"{text}{NARROW_NO_BREAK_SPACE}€" if _is_french() else f"{'−' * (amount < 0)}€{text.lstrip('−')}"


def ago(at: datetime | None, now: datetime) -> str:
    """How old ``at`` is, in words: « il y a 3 min ». Beyond a week, the date."""
    if at is None:
        return pgettext("value", "jamais")
    age = now - at
    if age < timedelta(minutes=1):
        return gettext("à l’instant")
    if age < timedelta(hours=1):
        return gettext("il y a %(count)s min") % {"count": int(age.total_seconds() // 60)}
    if age < timedelta(days=1):
        return gettext("il y a %(count)s h") % {"count": int(age.total_seconds() // 3600)}
    if age < timedelta(days=7):
        return ngettext("il y a %(count)s jour", "il y a %(count)s jours", age.days) % {"count": age.days}
    return gettext("le %(date)s") % {"date": day(at)}


def is_stale(at: datetime | None, stale_after_s: int, now: datetime) -> bool:
    """Whether a value of that age must not look live. ``stale_after_s=0`` never ages; an unknown time is stale."""
    if stale_after_s == 0:
        return False
    return at is None or now - at > timedelta(seconds=stale_after_s)


def day(at: datetime) -> str:
    """``3 mars 2025``, in the territory's time."""
    return str(django_formats.date_format(at.astimezone(TERRITORY_ZONE), "j F Y"))


def clock_time(at: datetime) -> str:
    """``14:05``, in the territory's time."""
    return str(django_formats.date_format(at.astimezone(TERRITORY_ZONE), "H:i"))


def instant(at: datetime | None) -> str:
    """``3 mars 2025 à 14:05``, in the territory's time."""
    if at is None:
        return "—"
    return gettext("%(day)s à %(time)s") % {"day": day(at), "time": clock_time(at)}


def _is_french() -> bool:
    return (get_language() or "fr").startswith("fr")
