"""Words and numbers of the shop."""

from decimal import Decimal

from django import template
from django.utils.translation import gettext

from maillage.catalogue import labels
from maillage.catalogue.engine.budget import Sum
from maillage.catalogue.engine.estimators.sizing import Assumption, Range
from maillage.web import formats

register = template.Library()
_MOST_DECIMALS = 4


@register.filter
def kind_label(code: str) -> str:
    """« Téléphonie »."""
    return str(labels.KINDS.get(code, code))


@register.filter
def audience_label(code: str) -> str:
    """« Adhérents »."""
    return str(labels.AUDIENCES.get(code, code))


@register.filter
def unit_word(code: str) -> str:
    """« vanne »."""
    return str(labels.UNITS.get(code, code))


@register.filter
def rhythm_word(code: str) -> str:
    """« par mois »."""
    return str(labels.RHYTHMS.get(code, code))


@register.filter
def level_label(code: str) -> str:
    """« Site moyen »."""
    return str(labels.LEVELS.get(code, code))


@register.filter
def assumption_words(one: Assumption) -> str:
    """The sentence of an assumption, with its number."""
    return str(labels.ASSUMPTIONS[one.code]) % {"value": formats.number(one.value)}


@register.filter
def unit_price(price_eur: Decimal) -> str:
    """A unit price with all the decimals it has: « 0,0125 € »."""
    places = max(0, -int(price_eur.normalize().as_tuple().exponent))
    places = min(_MOST_DECIMALS, max(2, places) if places else 0)
    return f"{formats.number(price_eur, places)}{formats.NARROW_NO_BREAK_SPACE}€"


@register.filter
def money_range(amount: Sum) -> str:
    """« de 100 € à 200 € », or the one amount."""
    if amount.is_exact:
        return formats.money(amount.likely)
    return gettext("de %(low)s à %(high)s") % {"low": formats.money(amount.low), "high": formats.money(amount.high)}


@register.filter
def count_range(quantity: Range) -> str:
    """« 30 à 60 », or the one number."""
    if quantity.low == quantity.high:
        return formats.number(quantity.likely)
    words = {"low": formats.number(quantity.low), "high": formats.number(quantity.high)}
    return gettext("%(low)s à %(high)s") % words
