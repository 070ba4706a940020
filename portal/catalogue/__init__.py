"""What is sold: plans, add-ons, prices, unit credits and tax rates."""
