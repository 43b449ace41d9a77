"""Loads the demonstration's catalogue through the catalogue's own actions; what is there stays as it is."""

from datetime import date
from decimal import Decimal

from maillage.catalogue import actions, queries, shelf
from maillage.catalogue.models import Category
from maillage.demo.offerings import (
    CATALOGUE,
    CATEGORIES,
    INDEX,
    INDEX_VALUES,
    OFFERINGS,
    SHEETS,
    OfferingPlan,
    SheetPlan,
)
from maillage.identity.actor import Actor


def load_catalogue(actor: Actor) -> int:
    """Shelves, sheets, an index and the offerings, on sale from today. Returns how many offerings are new."""
    known = {offering.code for offering in queries.edited(actor)}
    missing = [plan for plan in OFFERINGS if plan.code not in known]
    if missing:
        shelves = _shelves(actor)
        actions.set_catalogue(actor, CATALOGUE[0], CATALOGUE[1], list(shelves.values()))
        _index(actor)
        for sheet in SHEETS:
            actions.set_specification(actor, sheet.code, _sheet_columns(sheet))
        for plan in missing:
            _put_on_sale(actor, plan, shelves, shelf.today())
    return len(missing)


def _shelves(actor: Actor) -> dict[str, Category]:
    return {
        plan.code: actions.set_category(
            actor,
            plan.code,
            {"name": plan.name, "icon": plan.icon, "description": plan.description, "position": position},
        )
        for position, plan in enumerate(CATEGORIES, 1)
    }


def _index(actor: Actor) -> None:
    code, name, source = INDEX
    if any(index.code == code for index in queries.indices(actor)):
        return
    actions.create_index(actor, code, name, source)
    for period, value, published_on in INDEX_VALUES:
        actions.publish_index_value(actor, code, period, Decimal(value), published_on)


def _sheet_columns(sheet: SheetPlan) -> dict[str, object]:
    return {
        "name": sheet.name,
        "brand": sheet.brand,
        "picture": sheet.picture,
        "protocol": sheet.protocol,
        "battery_life_years": Decimal(sheet.battery_life_years) if sheet.battery_life_years else None,
        "description": sheet.description,
        "characteristics": [list(pair) for pair in sheet.characteristics],
    }


def _put_on_sale(actor: Actor, plan: OfferingPlan, shelves: dict[str, Category], on: date) -> None:
    category = shelves[plan.category]
    actions.create_offering(actor, plan.code, plan.kind, category, plan.draft, featured=plan.featured)
    actions.publish(actor, plan.code, on, on)
