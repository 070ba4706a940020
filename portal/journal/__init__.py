"""The double-entry book that every figure comes from."""
