"""The addresses of the shop, open to all, and of the editor's catalogue."""

from django.urls import path

from maillage.catalogue import basket_pages, edit_pages, keeping_pages, pages, simulation_pages

app_name = "catalogue"

urlpatterns = [
    path("shop/", pages.home, name="home"),
    path("shop/compare/", pages.compare, name="compare"),
    path("shop/equipment/<slug:code>/", pages.equipment, name="equipment"),
    path("shop/equipment/<slug:code>/<slug:digest>.webp", pages.photo, name="photo"),
    path("shop/offers/<slug:code>/", pages.offering, name="offering"),
    path("shop/offers/<slug:code>/simulate/", simulation_pages.simulate, name="simulate"),
    path("shop/basket/", basket_pages.show, name="basket"),
    path("shop/basket/add/<slug:code>/", basket_pages.add, name="basket_add"),
    path("shop/basket/remove/<int:position>/", basket_pages.remove, name="basket_remove"),
    path("catalogue/", edit_pages.offerings, name="offerings"),
    path("catalogue/new/", edit_pages.create, name="create"),
    path("catalogue/offers/<slug:code>/", edit_pages.history, name="history"),
    path("catalogue/offers/<slug:code>/edit/", edit_pages.edit, name="edit"),
    path("catalogue/offers/<slug:code>/publish/", edit_pages.publish, name="publish"),
    path("catalogue/offers/<slug:code>/withdraw/", edit_pages.withdraw, name="withdraw"),
    path("catalogue/offers/<slug:code>/discard/", edit_pages.discard, name="discard"),
    path("catalogue/indices/", keeping_pages.indices, name="indices"),
    path("catalogue/indices/<slug:code>/", keeping_pages.index, name="index"),
    path("catalogue/equipment/", keeping_pages.sheets, name="sheets"),
    path("catalogue/equipment/<slug:code>/", keeping_pages.sheet, name="sheet"),
    path("catalogue/equipment/<slug:code>/photo/", keeping_pages.set_photo, name="set_photo"),
]
