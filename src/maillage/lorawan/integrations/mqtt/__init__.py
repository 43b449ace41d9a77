"""Events as MQTT messages, through the gateway that NATS has; what a token may see, and commands that come back."""
