"""When the buildings are used: what the law's ceilings depend on."""
