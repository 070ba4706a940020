"""A stand-in for iPaymu, for tests and for running the portal without internet."""
