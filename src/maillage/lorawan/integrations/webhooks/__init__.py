"""Events sent to a customer's address, each address at its own pace."""
