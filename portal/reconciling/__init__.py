"""What our books and a gateway's say of the same money, compared."""
