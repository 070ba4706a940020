"""What `./run` starts where no server is given: PostgreSQL, Redis, a mail inbox and the portal's own processes."""
