"""The addresses of TMF620 v4."""

from django.urls import URLPattern, path, re_path

from maillage.catalogue.tmf import views
from maillage.catalogue.tmf.documents import PREFIX

_BASE = PREFIX.lstrip("/")


def _patterns(resource: str) -> list[URLPattern]:
    given = {"resource": resource}
    return [
        path(f"{_BASE}{resource}", views.collection, given),
        path(f"{_BASE}{resource}/", views.collection, given),
        re_path(rf"^{_BASE}{resource}/(?P<code>[-\w]+)/?$", views.item, given),
    ]


urlpatterns = [pattern for resource in views.RESOURCES for pattern in _patterns(resource)]
