"""Imported models are put into use."""

from django.db import transaction

from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.kernel import clock
from maillage.lorawan.device_models import model_shelf
from maillage.lorawan.policies import require_everything
from maillage.lorawan.queries import operators
from maillage.lorawan.repository.values import Judged, Report


@transaction.atomic
def import_models(actor: Actor, judged: Judged) -> Report:
    """The checkout's models replace those imported from the same source before; the processes take them up.

    Models whose examples fail are imported too, and told. Raises ``Refused`` for who does not run the network.
    """
    require_everything(actor)
    report = judged.report(clock.now().isoformat())
    facts: dict[str, object] = {
        "source": report.source,
        "count": len(report.models),
        "examples": sum(len(model.outcomes) for model in report.models),
        "passed": sum(model.passed for model in report.models),
    }
    for operator in operators():
        write_journal(
            actor, operator.pk, "lorawan.models_imported", "device_models", report.source, report.source, facts
        )
    # Last: what follows the link is not undone with the transaction.
    model_shelf().put(judged.checkout.found, report)
    return report
