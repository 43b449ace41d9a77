"""The device models: those that are shipped, those imported, and what the imports have shown."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.device_models import device_models, model_shelf
from maillage.lorawan.pages import radio_page
from maillage.lorawan.repository.values import ModelReport

MODELS_A_PAGE = 50
PROBLEMS_SHOWN = 100


@require_GET
@radio_page
def models(request: HttpRequest) -> HttpResponse:
    """By maker and name; a text narrows them."""
    reports = model_shelf().reports()
    results = {one.key: one for report in reports for one in report.models}
    text = request.GET.get("text", "").strip()[:100]
    found = sorted(
        (model for model in device_models().values() if text.casefold() in f"{model.vendor} {model.name}".casefold()),
        key=lambda model: (model.vendor.casefold(), model.name.casefold()),
    )
    page = Paginator(found, MODELS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "section": "models",
        "page": page,
        "lines": [_line(model, results.get(model.key)) for model in page],
        "problems": [problem for report in reports for problem in report.problems][:PROBLEMS_SHOWN],
        "problem_count": sum(len(report.problems) for report in reports),
        "text": text,
    }
    return render(request, "lorawan/models.html", context)


def _line(model: DeviceModel, result: ModelReport | None) -> tuple[DeviceModel, ModelReport | None]:
    return model, result
