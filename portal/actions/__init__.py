"""Every thing that a person, a gateway or the clock can cause: one function in one file named for it."""
