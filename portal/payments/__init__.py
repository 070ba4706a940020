"""How money comes: methods, attempts, payments, and what a gateway says."""
