"""Pure: financing plans and what is granted in the end."""
