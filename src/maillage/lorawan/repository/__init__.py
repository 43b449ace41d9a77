"""Device models from public repositories, imported beside those that are shipped.

``ttn`` and ``chirpstack`` read a checkout into :mod:`values`; ``examples`` runs the repository's own examples in the
codec pool; ``shelf`` keeps what was imported, in the format of the shipped models, under the data folder.
"""
