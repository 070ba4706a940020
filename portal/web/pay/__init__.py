"""Paying one invoice: by its link, or signed in. One panel for both."""
