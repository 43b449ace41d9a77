"""TM Forum TMF620 Product Catalog Management v4, over the house's own catalogue.

Served at ``/tmf-api/productCatalogManagement/v4/``: catalog, category, productOffering, productOfferingPrice and
productSpecification. What the house has no column for is kept as it was given and given back. Selling stays an act
of the editor: an offering that comes in here is a draft until it is published on the operator's page.
"""
