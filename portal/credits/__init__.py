"""Units that a plan grants; not money."""
