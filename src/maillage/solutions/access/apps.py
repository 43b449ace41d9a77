from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "maillage.solutions.access"
    label = "access"
