"""The addresses of rules."""

from django.urls import path

from maillage.command.rules import pages

urlpatterns = [
    path("rules/", pages.rules, name="rules"),
    path("rules/new/", pages.new, name="rule-new"),
    path("rules/<int:rule_id>/", pages.rule, name="rule"),
    path("rules/<int:rule_id>/change/", pages.change, name="rule-change"),
    path("rules/<int:rule_id>/switch/", pages.switch, name="rule-switch"),
    path("rules/<int:rule_id>/remove/", pages.remove, name="rule-remove"),
]
