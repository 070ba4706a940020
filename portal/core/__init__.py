"""The small floor under everything: money, days, states, rows. Knows no billing."""
