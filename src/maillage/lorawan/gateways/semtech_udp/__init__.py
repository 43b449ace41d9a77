"""Semtech's UDP packet-forwarder protocol, version 2: what gateways of the shelf speak on port 1700."""
