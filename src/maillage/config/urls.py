"""Every address of the house, collected from the capabilities."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from maillage.command import urls as command
from maillage.command.registry import solutions
from maillage.config.api import api
from maillage.identity import urls as identity

urlpatterns: list[URLPattern | URLResolver] = [
    *identity.entry_patterns,
    path("", include(command)),
    path("", include(identity)),
    path("", include("maillage.catalogue.urls")),
    path("", include("maillage.catalogue.tmf.urls")),
    path("radio/", include("maillage.lorawan.urls")),
    path("", include("maillage.orders.urls")),
    path("", include("maillage.billing.urls")),
    path("measures/", include("maillage.telemetry.urls")),
    *(path(f"solutions/{one.code}/", include(one.urls)) for one in solutions().values() if one.urls),
    path("api/v1/", api.urls),
]

handler500 = "maillage.web.problems.server_error"

if settings.DEBUG:
    urlpatterns.append(path("_kit/", include("maillage.web.kit")))
