"""Exceptional periods: an override that ends by itself, a village fair, a closure."""
