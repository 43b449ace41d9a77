"""Byte-exact behaviour of real device models: surroundings to uplink payload, downlink payload to behaviour."""
