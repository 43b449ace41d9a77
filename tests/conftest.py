"""Fixtures every test may ask for. A test that asks for no server starts none."""

# programs first: the others import it, and pytest wants to see a plugin before anybody imports it
pytest_plugins = ["tests.fixtures.programs", "tests.fixtures.database", "tests.fixtures.nats"]
