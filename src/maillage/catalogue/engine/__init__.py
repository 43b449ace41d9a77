"""Prices, revisions, versions and eligibility: values in, values out."""
