"""Reading what a bank sends: CSV as each bank writes it, and camt.053."""
