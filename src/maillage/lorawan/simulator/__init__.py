"""The device side of LoRaWAN: gateways, devices and the rooms they stand in, heard by the server over real sockets.

Shares with the server only the pure protocol (``lorawan.protocol``, ``lorawan.regions``, the Semtech UDP messages), so
that an error of the server cannot be repeated here unseen.
"""
