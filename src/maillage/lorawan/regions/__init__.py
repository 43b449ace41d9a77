"""Regional parameters: one immutable value a band, the law cited in it."""
