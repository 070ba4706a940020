"""Local servers that speak the gateways' HTTP. They share no code with the adapters, and nothing imports them."""
