"""Amounts, prices, days and months in words."""

from datetime import date
from decimal import Decimal

from django import template

from maillage.billing import words

register = template.Library()


@register.filter
def amount(cents: int) -> str:
    """``{{ invoice.gross_cents|amount }}``."""
    return words.amount(cents)


@register.filter
def unit_price(value: Decimal) -> str:
    """``{{ charge.unit_price|unit_price }}``."""
    return words.price(value)


@register.filter
def plain(value: Decimal) -> str:
    """A quantity without useless zeros."""
    return words.quantity(value)


@register.filter
def month(value: date) -> str:
    """“janvier 2026”."""
    return words.month_name(value)


@register.filter
def day(value: date) -> str:
    """“24 janvier 2026”."""
    return words.day(value)
