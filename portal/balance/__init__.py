"""Money that a customer has with us."""
