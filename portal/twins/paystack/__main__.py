"""`python -m portal.twins.paystack --port N --webhook-url URL`: the twin as a process."""

from __future__ import annotations

import sys

from portal.twins.paystack.server import serve
from portal.twins.paystack.twin import Twin
from portal.twins.process import live, parser, settings


def main() -> int:
    told = parser("portal.twins.paystack", __doc__ or "").parse_args()
    return live("Paystack", told, lambda: Twin(settings(told)), serve)


if __name__ == "__main__":
    sys.exit(main())
