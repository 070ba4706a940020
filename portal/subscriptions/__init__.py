"""What a customer has: items, periods, states, and what is due when."""
