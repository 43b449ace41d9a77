from django.http import HttpRequest, HttpResponse
from django.urls import path

from maillage.identity.middleware import actor_of
from maillage.telemetry import queries


def water(request: HttpRequest, site_id: int) -> HttpResponse:
    return HttpResponse(f"Baignade de {queries.site(actor_of(request), site_id).name}")


app_name = "toy"
urlpatterns = [path("sites/<int:site_id>/", water, name="water")]
