"""Books with one renewal charged through a real twin, ready to be put out of step with it."""

from tests.concurrency.rig import rig, shared_twin, twin
from tests.reconciling.books import books, ipaymu, rupiah, shared_ipaymu

__all__ = ["books", "ipaymu", "rig", "rupiah", "shared_ipaymu", "shared_twin", "twin"]
