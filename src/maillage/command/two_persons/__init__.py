"""Which verbs of an organisation need a second person."""
