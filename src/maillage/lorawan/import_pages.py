"""Import of devices in two steps: a file is read and judged, then confirmed as a whole."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.identity.policies import require_configure
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid
from maillage.lorawan import actions, queries
from maillage.lorawan.actions import ImportDone
from maillage.lorawan.device_csv import COLUMNS, MAX_BYTES, GoodRow
from maillage.lorawan.forms import ImportForm, model_choices
from maillage.lorawan.labels import COLUMNS as COLUMN_LABELS
from maillage.lorawan.pages import radio_page
from maillage.web.problems import sentence

ROWS_A_PAGE = 100
_KEY_END = 4
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing to correct: the column's name and the sentence."""

    column: str | Promise
    words: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A row that will not be imported, with every reason."""

    line: int
    dev_eui: str
    name: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class GoodLine:
    """A row that will be imported. Of the key, only its last digits."""

    row: GoodRow
    model_name: str
    organisation_name: str
    key_end: str


@never_cache
@require_http_methods(["GET", "POST"])
@radio_page
def upload(request: HttpRequest) -> HttpResponse:
    """The file is chosen here; a readable one leads to its preview."""
    actor = actor_of(request)
    _require_somewhere_to_register(actor)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            # One byte more than allowed is enough to refuse it.
            kept = actions.preview_import(actor, sent.name, sent.read(MAX_BYTES + 1))
        except Invalid as error:
            form.add_error("file", sentence(error))
        else:
            return redirect("lorawan:import_preview", import_id=kept.pk)
    context = {"section": "devices", "form": form, "columns": COLUMNS, "models": model_choices()}
    return render(request, "lorawan/import_upload.html", context, status=422 if request.method == "POST" else 200)


@never_cache
@require_GET
@radio_page
def preview(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Every bad row with its reasons, and the good ones. Nothing is imported yet."""
    kept = queries.own_import(actor_of(request), import_id, clock.now())
    bad = _page(kept.bad, request.GET.get("bad"))
    good = _page(queries.good_rows(kept), request.GET.get("good"))
    context = {
        "section": "devices",
        "kept": kept,
        "bad_page": bad,
        "bad_lines": [_bad_line(stored) for stored in bad],
        "good_page": good,
        "good_lines": _good_lines(list(good)),
    }
    return render(request, "lorawan/import_preview.html", context)


@require_POST
@radio_page
def confirm(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Imports every good row, and says what was done."""
    try:
        done = actions.import_devices(actor_of(request), import_id)
    except Conflict as error:
        messages.error(request, sentence(error))
        return redirect("lorawan:import")
    messages.success(request, _done_words(done))
    return redirect("lorawan:devices")


@require_POST
@radio_page
def discard(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Forgets the file."""
    actions.discard_import(actor_of(request), import_id)
    messages.info(request, _("Fichier abandonné : rien n’a été importé."))
    return redirect("lorawan:import")


def fault_words(stored: Sequence[object]) -> Reason:
    """The words of a stored fault: column, code, facts."""
    column, code, facts = stored
    words = sentence(Invalid(str(code), **(facts if isinstance(facts, dict) else {})))
    return Reason(COLUMN_LABELS.get(str(column), str(column)), words)


def _require_somewhere_to_register(actor: Actor) -> None:
    if not queries.organisations_to_equip(actor):
        require_configure(actor, 0)


def _page(rows: Sequence[T], number: str | None) -> Page[T]:
    return Paginator(list(rows), ROWS_A_PAGE).get_page(number)


def _bad_line(stored: Sequence[object]) -> BadLine:
    line, dev_eui, name, faults = stored
    reasons = tuple(fault_words(fault) for fault in faults) if isinstance(faults, list) else ()
    return BadLine(int(str(line)), str(dev_eui), str(name), reasons)


def _good_lines(rows: Sequence[GoodRow]) -> list[GoodLine]:
    models = dict(model_choices())
    names = {o.pk: o.name for o in queries.organisations_of(row.device for row in rows)}
    return [
        GoodLine(
            row,
            models.get(row.device.model_key, row.device.model_key),
            names.get(row.device.organisation_id, ""),
            _key_of(row).hex().upper()[-_KEY_END:],
        )
        for row in rows
    ]


def _key_of(row: GoodRow) -> bytes:
    abp = row.device.abp
    return row.device.app_key if abp is None else abp.app_s_key


def _done_words(done: ImportDone) -> str:
    count = ngettext("%(count)s appareil importé", "%(count)s appareils importés", done.count) % {"count": done.count}
    where = ", ".join(f"{name} ({number})" for name, number in done.by_organisation.items())
    return _("%(count)s : %(where)s.") % {"count": count, "where": where}
