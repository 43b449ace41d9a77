from django.apps import AppConfig


class LorawanConfig(AppConfig):
    name = "maillage.lorawan"
    label = "lorawan"
    default_auto_field = "django.db.models.BigAutoField"
