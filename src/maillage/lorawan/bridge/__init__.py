"""Between the processes that gateways talk to and those that hold the sessions, when they are not the same."""
