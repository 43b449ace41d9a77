from django.apps import AppConfig


class HeatingConfig(AppConfig):
    name = "maillage.solutions.heating"
    label = "heating"
