"""Weather, occupancy and the heat of a classroom. Pure: instants and states in, states out."""
