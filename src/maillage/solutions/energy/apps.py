from django.apps import AppConfig


class EnergyConfig(AppConfig):
    name = "maillage.solutions.energy"
    label = "energy"
