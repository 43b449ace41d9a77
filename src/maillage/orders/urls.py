"""The addresses of quotes and works."""

from django.urls import path

from maillage.orders import quote_pages, work_pages

app_name = "orders"

urlpatterns = [
    path("quotes/", quote_pages.quotes, name="quotes"),
    path("quotes/new/", quote_pages.new_quote, name="new_quote"),
    path("quotes/<slug:number>/", quote_pages.quote, name="quote"),
    path("quotes/<slug:number>/pdf/", quote_pages.pdf, name="quote_pdf"),
    path("quotes/<slug:number>/approve/", quote_pages.approve, name="approve"),
    path("quotes/<slug:number>/refuse/", quote_pages.refuse, name="refuse"),
    path("quotes/<slug:number>/order/", quote_pages.place_order, name="place_order"),
    path("works/", work_pages.works, name="works"),
    path("works/<int:work_id>/", work_pages.work, name="work"),
    path("works/<int:work_id>/accept/", work_pages.accept, name="accept"),
    path("works/items/<int:item_id>/", work_pages.item, name="item"),
    path("works/items/<int:item_id>/heard/", work_pages.heard, name="heard"),
    path("works/items/<int:item_id>/photo/", work_pages.photo, name="photo"),
]
