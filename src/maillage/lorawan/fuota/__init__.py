"""Firmware over the air to a multicast group (TS004): images, campaigns, and who has received what.

``engine`` says what a campaign does next, purely; ``multicast.driver`` does it.
"""
