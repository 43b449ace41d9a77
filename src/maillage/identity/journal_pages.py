"""The journal page: who did what, when, on what, and whether the chain holds."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.views.decorators.http import require_GET

from maillage.identity import queries
from maillage.identity.actor import Actor
from maillage.identity.forms import JournalForm
from maillage.identity.journal import Verdict
from maillage.identity.labels import BROKEN, ROLES, action_label, fact_label, tellers, who
from maillage.identity.middleware import actor_of
from maillage.identity.models import JournalEntry, Organisation
from maillage.identity.policies import require_see
from maillage.identity.queries import JournalFilter
from maillage.web.cursor import after_cursor, one_more

ENTRIES_A_PAGE = 50
RECENT_ENTRIES = 500
"""Verified at each view of the page: some ten milliseconds. The whole chain is verified on demand."""


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in words."""

    entry: JournalEntry
    action: str
    role: str | Promise
    facts: list[tuple[str, object]]
    who: str = ""


@dataclass(frozen=True, slots=True)
class ChainState:
    """The verdict on one organisation's chain, over all of it or its most recent entries."""

    organisation: Organisation
    verdict: Verdict
    is_whole: bool
    reason: str | Promise

    @property
    def head(self) -> str:
        """The last intact hash, to be noted elsewhere."""
        return self.verdict.head.hex()


@require_GET
def journal(request: HttpRequest) -> HttpResponse:
    """Filtered by person, action, object, organisation and days; newest first, paged by cursor."""
    actor = actor_of(request)
    form = JournalForm(actor, request.GET)
    wanted = form.wanted() if form.is_valid() else None
    rows = _entries(actor, wanted, request.GET.get("cursor", "")) if wanted else []
    entries, next_cursor = one_more(rows, ENTRIES_A_PAGE, lambda entry: [entry.pk])
    query = request.GET.copy()
    query["cursor"] = next_cursor or ""
    context = {
        "form": form,
        "lines": [_line(entry) for entry in entries],
        "next_query": query.urlencode() if next_cursor else "",
        "is_first": not request.GET.get("cursor"),
        "chain": _chain(actor, wanted, whole="verify" in request.GET),
        "shows_organisation": len(actor.visible_organisation_ids or ()) != 1,
    }
    return render(request, "identity/journal.html", context, status=200 if wanted else 422)


def _entries(actor: Actor, wanted: JournalFilter, cursor: str) -> list[JournalEntry]:
    before_id = after_cursor(cursor, int)[0] if cursor else None
    return list(queries.journal_entries(actor, wanted, before_id, ENTRIES_A_PAGE + 1))


def _line(entry: JournalEntry) -> Line:
    role = ROLES.get(entry.actor_role, entry.actor_role)
    name = who(entry.actor_label, is_machine=entry.user_id is None)
    return Line(entry, action_label(entry.action), role, _facts(entry), name)


def _facts(entry: JournalEntry) -> list[tuple[str, object]]:
    """In the words of the capability that wrote the line, else each fact by its name."""
    for prefix, tell in tellers().items():
        if entry.action.startswith(prefix):
            return list(tell(entry.action, entry.facts))
    return [(fact_label(name), value) for name, value in entry.facts.items() if value is not None and value != ""]


def _chain(actor: Actor, wanted: JournalFilter | None, *, whole: bool) -> ChainState | None:
    """Of the organisation filtered by, else of the actor's own."""
    organisation_id = (wanted.organisation_id if wanted else None) or actor.organisation_id
    if organisation_id is None:
        return None
    organisation = queries.organisations_visible_to(actor).filter(pk=organisation_id).first()
    if organisation is None:
        return None
    require_see(actor, organisation.pk)
    verdict = (
        queries.verify_journal(organisation.pk)
        if whole
        else queries.verify_recent_journal(organisation.pk, RECENT_ENTRIES)
    )
    reason = BROKEN[verdict.broken.reason] if verdict.broken else ""
    return ChainState(organisation, verdict, whole, reason)
