"""The staff's pages: thin like every door."""
