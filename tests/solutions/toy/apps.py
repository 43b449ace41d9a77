from django.apps import AppConfig


class ToyConfig(AppConfig):
    name = "tests.solutions.toy"
    label = "toy"
