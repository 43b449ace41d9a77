"""Who may sell what, from when; what is published never changes."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from tests.catalogue.conftest import KEEPER, REVISED, heating_draft
from tests.fixtures.things import person

from maillage.catalogue import actions, queries, shelf
from maillage.catalogue.engine.price import Rhythm, flat
from maillage.catalogue.models import Offering, OfferingVersion, Price
from maillage.catalogue.terms import NamedTerm
from maillage.identity.actor import Role
from maillage.identity.models import JournalEntry, Organisation
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused

pytestmark = pytest.mark.django_db


def today():
    return shelf.today()


def test_a_draft_is_not_sold_until_it_is_published(body):
    actions.set_specification(KEEPER, "vicki", {"name": "Vanne"})
    actions.create_offering(KEEPER, "temperature", Offering.Kind.PACK, None, heating_draft())
    with pytest.raises(NotFound):
        queries.sold("temperature", today())
    actions.publish(KEEPER, "temperature", today() + timedelta(days=1), today())
    with pytest.raises(NotFound):
        queries.sold("temperature", today())
    assert queries.sold("temperature", today() + timedelta(days=1)).name == "Température, site moyen"


def test_each_act_leaves_its_line_in_the_journal_of_the_body(shop, body):
    actions.withdraw(KEEPER, "lora", today() + timedelta(days=9), today())
    found = list(JournalEntry.objects.filter(organisation=body).order_by("sequence").values_list("action", flat=True))
    assert found[-3:] == ["catalogue.offering_created", "catalogue.version_published", "catalogue.offering_withdrawn"]


def test_only_who_operates_the_platform_edits(shop, body):
    commune = Organisation.objects.create(kind="commune", name="Brunoy", slug="brunoy")
    mayor = person(commune, Role.MAYOR)
    for act in (
        lambda: actions.save_draft(mayor, "lora", heating_draft()),
        lambda: actions.publish(mayor, "lora", today(), today()),
        lambda: actions.withdraw(mayor, "lora", today(), today()),
        lambda: actions.create_index(mayor, "syntec", "Syntec"),
        lambda: queries.edited(mayor),
    ):
        with pytest.raises(Refused):
            act()


def test_a_new_version_follows_the_published_one_which_stays_as_it_was(shop):
    tomorrow = today() + timedelta(days=1)
    dearer = NamedTerm("Abonnement", flat("m", Rhythm.MONTHLY, "site", "30"))
    before = queries.draft_of(queries.sold("temperature", today()))
    actions.save_draft(KEEPER, "temperature", replace(before, terms=(dearer, *before.terms[1:])))
    actions.publish(KEEPER, "temperature", tomorrow, today())
    old, new = queries.sold("temperature", today()), queries.sold("temperature", tomorrow)
    assert (old.number, new.number) == (1, 2)
    assert old.valid_until == tomorrow
    assert queries.draft_of(old) == before
    assert next(price.tiers for price in new.prices.all()) == [["0", "30"]]
    unchanged = set(old.prices.values_list("pk", flat=True)) & set(new.prices.values_list("pk", flat=True))
    assert len(unchanged) == 2


def test_saving_a_draft_again_replaces_it_and_leaves_no_price_behind(shop):
    count = Price.objects.count()
    before = queries.draft_of(queries.sold("lora", today()))
    for price in ("2", "3"):
        changed = NamedTerm("Appareil", flat("d", Rhythm.MONTHLY, "device", price))
        actions.save_draft(KEEPER, "lora", replace(before, terms=(changed,)))
    assert Price.objects.count() == count + 1
    actions.discard_draft(KEEPER, "lora")
    assert Price.objects.count() == count
    assert queries.sold("lora", today()).number == 1


def test_an_incomplete_draft_is_refused_with_what_it_lacks(body):
    for changes, code in [
        ({"summary": ""}, "offering_without_words"),
        ({"audiences": frozenset()}, "offering_for_nobody"),
        ({"terms": ()}, "offering_without_price"),
        ({"estimator": "magic"}, "estimator_unknown"),
    ]:
        offering = f"o-{code}".replace("_", "-")
        draft = heating_draft(specifications=(), **changes)
        actions.create_offering(KEEPER, offering, Offering.Kind.PACK, None, draft)
        with pytest.raises(Invalid) as refused:
            actions.publish(KEEPER, offering, today(), today())
        assert refused.value.code == code


def test_nothing_is_published_in_the_past_or_before_what_is_announced(shop):
    actions.save_draft(KEEPER, "lora", queries.draft_of(queries.sold("lora", today())))
    with pytest.raises(Invalid):
        actions.publish(KEEPER, "lora", today() - timedelta(days=1), today())
    with pytest.raises(Conflict):
        actions.publish(KEEPER, "lora", today(), today())


def test_what_is_withdrawn_is_no_longer_sold_and_stays_readable(shop):
    later = today() + timedelta(days=30)
    actions.withdraw(KEEPER, "lora", later, today())
    assert queries.sold("lora", later - timedelta(days=1)).number == 1
    with pytest.raises(NotFound):
        queries.sold("lora", later)
    assert queries.frozen_version("lora", 1).valid_until == later
    with pytest.raises(Conflict):
        actions.withdraw(KEEPER, "lora", later, today())


def test_the_database_itself_refuses_two_prices_on_one_day(shop):
    first = queries.sold("lora", today())
    with pytest.raises(IntegrityError), transaction.atomic():
        OfferingVersion.objects.create(
            offering=first.offering,
            number=9,
            state="published",
            valid_from=today() + timedelta(days=5),
            published_at=first.published_at,
            last_update=first.last_update,
            name="Doublon",
        )


def test_the_database_itself_refuses_to_change_what_is_published(shop):
    version = queries.sold("temperature", today())
    price = version.prices.first()
    other = queries.sold("lora", today()).prices.get()
    for forbidden in (
        lambda: OfferingVersion.objects.filter(pk=version.pk).update(name="Autre"),
        lambda: OfferingVersion.objects.filter(pk=version.pk).update(state="draft"),
        version.delete,
        lambda: Price.objects.filter(pk=price.pk).update(tiers=[["0", "1"]]),
        lambda: version.prices.add(other),
        lambda: version.prices.remove(price),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            forbidden()
    assert queries.sold("temperature", today()).prices.count() == 3


def test_what_was_only_announced_can_be_taken_back(shop):
    later = today() + timedelta(days=30)
    actions.save_draft(KEEPER, "lora", queries.draft_of(queries.sold("lora", today())))
    actions.publish(KEEPER, "lora", later, today())
    actions.withdraw(KEEPER, "lora", later, today())
    assert queries.sold("lora", later - timedelta(days=1)).number == 1
    with pytest.raises(NotFound):
        queries.sold("lora", later)


def test_a_taken_or_unreadable_code_is_refused(shop):
    with pytest.raises(Conflict):
        actions.create_offering(KEEPER, "lora", Offering.Kind.PACK, None, heating_draft())
    with pytest.raises(Invalid):
        actions.create_offering(KEEPER, "Été 2027", Offering.Kind.PACK, None, heating_draft())
    with pytest.raises(Invalid):
        actions.create_offering(KEEPER, "neuf", Offering.Kind.PACK, None, heating_draft(specifications=("absente",)))
    assert not Offering.objects.filter(code="neuf").exists()


def test_a_price_follows_its_index_from_the_day_of_publication(shop):
    actions.create_index(KEEPER, "syntec", "Syntec")
    actions.publish_index_value(KEEPER, "syntec", date(2019, 6, 1), Decimal(100), date(2019, 9, 1))
    actions.publish_index_value(KEEPER, "syntec", date(2026, 6, 1), Decimal(110), date(2026, 9, 15))
    term = NamedTerm("Abonnement", flat("m", Rhythm.MONTHLY, "site", "20"), REVISED)
    actions.save_draft(KEEPER, "lora", replace(queries.draft_of(queries.sold("lora", today())), terms=(term,)))
    tomorrow = today() + timedelta(days=1)
    actions.publish(KEEPER, "lora", tomorrow, today())
    version = queries.sold("lora", tomorrow)
    assert shelf.offers([version], date(2026, 9, 30))[0].lines[0].first == 20_00
    assert shelf.offers([version], date(2026, 10, 1))[0].lines[0].first == 21_70


def test_an_index_is_published_once_a_day_after_its_month_and_positive(body):
    actions.create_index(KEEPER, "syntec", "Syntec")
    good = (date(2026, 6, 1), Decimal("301.2"), date(2026, 7, 28))
    actions.publish_index_value(KEEPER, "syntec", *good)
    with pytest.raises(Conflict):
        actions.publish_index_value(KEEPER, "syntec", *good)
    with pytest.raises(Invalid):
        actions.publish_index_value(KEEPER, "syntec", date(2026, 8, 1), Decimal(1), date(2026, 7, 28))
    with pytest.raises(Invalid):
        actions.publish_index_value(KEEPER, "syntec", date(2026, 6, 1), Decimal(0), date(2026, 9, 28))
    with pytest.raises(NotFound):
        actions.publish_index_value(KEEPER, "bt01", *good)


def test_a_search_knows_no_accents_and_takes_every_word(shop):
    def names(words):
        return [v.offering.code for v in queries.on_sale(today(), queries.ShopFilter(words=words))]

    assert names("temperature") == ["temperature"]
    assert names("RÉSEAU objets") == ["lora"]
    assert names("réseau chauffé") == []
    assert set(names("")) == {"temperature", "lora"}
