"""Every row of a tenant is scoped: no model with an organisation escapes ``TenantOwned`` unnoticed."""

from django.apps import apps

from maillage.identity.tenancy import TenantOwned

# These say who the tenants and their people are; they are read by ``identity`` alone, which scopes them itself.
TENANCY_ITSELF = {"identity.Membership", "identity.JournalEntry", "territory.Commune"}


def test_every_model_with_an_organisation_is_tenant_owned():
    escaped = {
        model._meta.label
        for model in apps.get_models()
        if model.__module__.startswith("maillage.")
        and any(field.name == "organisation" for field in model._meta.get_fields())
        and not issubclass(model, TenantOwned)
    }
    assert escaped == TENANCY_ITSELF
