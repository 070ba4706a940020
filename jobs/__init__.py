"""What runs in the background: RQ jobs, the table of times and the scheduler that wakes them."""
