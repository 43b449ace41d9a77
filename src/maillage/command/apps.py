from django.apps import AppConfig


class CommandConfig(AppConfig):
    name = "maillage.command"
    label = "command"
    default_auto_field = "django.db.models.BigAutoField"
