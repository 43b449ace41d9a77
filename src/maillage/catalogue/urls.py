"""The addresses of the shop, open to all, and of the editor's catalogue."""

from django.urls import path

from maillage.catalogue import basket_pages, pages, simulation_pages

app_name = "catalogue"

urlpatterns = [
    path("shop/", pages.home, name="home"),
    path("shop/compare/", pages.compare, name="compare"),
    path("shop/equipment/<slug:code>/", pages.equipment, name="equipment"),
    path("shop/offers/<slug:code>/", pages.offering, name="offering"),
    path("shop/offers/<slug:code>/simulate/", simulation_pages.simulate, name="simulate"),
    path("shop/basket/", basket_pages.show, name="basket"),
    path("shop/basket/add/<slug:code>/", basket_pages.add, name="basket_add"),
    path("shop/basket/remove/<int:position>/", basket_pages.remove, name="basket_remove"),
]
