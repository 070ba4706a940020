"""The company's own bank accounts, and money that comes to them without a gateway."""
