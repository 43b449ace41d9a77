from django.urls import path

from maillage.solutions.energy import pages

app_name = "energy"
urlpatterns = [path("sites/<int:site_id>/", pages.site, name="site")]
