"""Made-up worlds that drive the real thing: the demo book and the checked billing year."""
