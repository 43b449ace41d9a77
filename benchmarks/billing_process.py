"""The measurement's end inside the house: fills the database, previews, bills; or counts the documents made."""

import json
import os
import sys
from datetime import date
from decimal import Decimal

import django

MONTH, ISSUED = date(2026, 9, 1), date(2026, 10, 1)
SIRET = "25910012100013"
COMPONENTS = 6


def bills() -> dict[str, float]:
    """Six recurring components a subscription; a tenth starts on the 24th."""
    from benchmarks.billing import DOCUMENTS, ORGANISATIONS, SUBSCRIPTIONS  # noqa: PLC0415 - Django first
    from maillage.billing import queries  # noqa: PLC0415
    from maillage.billing.assembly import bill_of  # noqa: PLC0415
    from maillage.billing.documents.cii import cross_industry_invoice  # noqa: PLC0415
    from maillage.billing.documents.papers import paper_of  # noqa: PLC0415
    from maillage.billing.documents.reading import stated_in  # noqa: PLC0415
    from maillage.billing.engine.exactness import require_exact  # noqa: PLC0415
    from maillage.billing.models import ChargeRow  # noqa: PLC0415
    from maillage.billing.runs.actions import bill_next, start_run  # noqa: PLC0415
    from maillage.identity.actor import machine  # noqa: PLC0415
    from maillage.kernel import clock  # noqa: PLC0415

    actor = machine("benchmark")
    _fill(ORGANISATIONS, SUBSCRIPTIONS)
    started_s = clock.monotonic_s()
    previews = {one.organisation_id: bill_of(actor, one, MONTH).outcome.invoice for one in queries.accounts(actor)}
    preview_s = clock.monotonic_s() - started_s
    started_s = clock.monotonic_s()
    run = start_run(actor, MONTH, ISSUED)
    while bill_next(actor, run.pk):
        pass
    final_s = clock.monotonic_s() - started_s
    invoices = list(queries.invoices(actor))
    differences = sum(previews[one.organisation_id].gross != one.gross_cents for one in invoices)
    started_s = clock.monotonic_s()
    for one in invoices[:DOCUMENTS]:
        require_exact(stated_in(cross_industry_invoice(paper_of(actor, one))))
    return {
        "organisations": len(invoices),
        "subscriptions": ORGANISATIONS * SUBSCRIPTIONS,
        "charges": ChargeRow.objects.unscoped("counted").count(),
        "differences": differences,
        "preview_s": preview_s,
        "final_s": final_s,
        "xml_s": clock.monotonic_s() - started_s,
    }


def made() -> dict[str, float]:
    """How many files are kept."""
    from maillage.billing.models import Document  # noqa: PLC0415

    return {"documents": Document.objects.unscoped("counted").count()}


def _fill(organisations: int, subscriptions: int) -> None:
    from django.contrib.gis.geos import MultiPolygon, Point, Polygon  # noqa: PLC0415

    from maillage.billing.models import Account  # noqa: PLC0415
    from maillage.identity.models import Organisation  # noqa: PLC0415
    from maillage.kernel import clock  # noqa: PLC0415
    from maillage.orders.engine.terms import Component, Kind, Terms, VatRule, to_json  # noqa: PLC0415
    from maillage.orders.models import Subscription  # noqa: PLC0415
    from maillage.territory.models import Commune, Site  # noqa: PLC0415

    vat = VatRule("S", Decimal(20))
    components = tuple(
        Component(f"part-{n}", f"Service {n}", Kind.RECURRING, Decimal(7) + Decimal(n) / 8, vat)
        for n in range(COMPONENTS)
    )
    terms = to_json(Terms(components))
    party = {"siret": SIRET, "street": "1 rue", "postcode": "91000", "city": "Évry", "vat_number": "FR83259100121"}
    bodies = Organisation.objects.bulk_create(
        Organisation(kind="commune" if n else "operator", name=f"Organisation {n}", slug=f"organisation-{n}")
        for n in range(organisations + 1)
    )
    Account.objects.bulk_create(
        Account(organisation=one, channel="facturx", legal_name=one.name, iban="FR7630001007941234567890185", **party)
        for one in bodies
    )
    outline = MultiPolygon(Polygon.from_bbox((2, 48, 2.1, 48.1)), srid=4326)
    commune = Commune.objects.create(
        insee="91000", name="Ville", siren=SIRET[:9], postcodes=["91000"], population=1, outline=outline
    )
    here = Point(2.05, 48.05, srid=4326)
    sites = Site.objects.bulk_create(
        Site(organisation=one, commune=commune, kind="school", name=f"Site {n}", location=here)
        for one in bodies[1:]
        for n in range(subscriptions)
    )
    Subscription.objects.bulk_create(
        Subscription(
            organisation=site.organisation,
            offering="mesure",
            offering_version="1",
            label="Abonnement",
            site=site,
            quantity=1,
            terms=terms,
            starts_on=MONTH.replace(day=1 if n % 10 else 24),
            unsettled_from=MONTH,
            created_at=clock.now(),
        )
        for n, site in enumerate(sites)
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maillage.config.settings")
    django.setup()
    print(json.dumps({"bills": bills, "made": made}[sys.argv[1]]()))
