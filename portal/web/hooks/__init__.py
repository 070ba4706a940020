"""The door for gateways: what they tell us is stored as it came, and believed by nobody."""
