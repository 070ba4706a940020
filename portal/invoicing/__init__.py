"""What a customer owes: lines that explain themselves, taxes, totals, numbers, documents."""
