"""Pure: what is silent, who is on call, who is told when."""
