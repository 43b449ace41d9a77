"""The device's side of the MAC exchange as pure state, and what both sides must agree on: blocks, sticky answers.

The law that keeps both sides agreed on the receive windows (LoRaWAN L2 1.0.4, §5.4, §5.7, §5.9): a device obeys
at once and repeats its answer in every uplink until it hears a downlink in RX1 or RX2. An uplink without that
answer therefore proves that the request was not heard; the first uplink heard after it was obeyed carries it.

The network's side is ``maillage.lorawan.mac_exchange``.
"""
