"""The MAC exchange as pure state, both sides: what is asked, what is answered, what is repeated until heard.

The law that keeps both sides agreed on the receive windows (LoRaWAN L2 1.0.4, §5.4, §5.7, §5.9): a device obeys
at once and repeats its answer in every uplink until it hears a downlink in RX1 or RX2. An uplink without that
answer therefore proves that the request was not heard; the first uplink heard after it was obeyed carries it.
"""
