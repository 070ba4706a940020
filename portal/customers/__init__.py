"""Who is billed, and the one lock that everything of their money takes."""
