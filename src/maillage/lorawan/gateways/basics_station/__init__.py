"""LoRa Basics Station: gateways that speak JSON over WebSocket (LNS) and fetch their credentials by HTTPS (CUPS)."""
