"""What `flask portal bench` measures, each against a reference taken in the same run."""
