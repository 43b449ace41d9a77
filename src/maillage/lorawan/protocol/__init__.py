"""LoRaWAN 1.0.2 to 1.0.4 and 1.1 as values: bytes in, values out, and back. Serves the network server and the device
side.

Nothing here reads a clock, a file or a socket, logs, or draws a random number. Hot values are ``msgspec``
structs instead of frozen dataclasses: the same contract, built about eight times faster.
"""
