"""`python -m portal.twins.ipaymu --port N`: the twin as a process. IPAYMU_VA and IPAYMU_API_KEY name its merchant."""

from __future__ import annotations

import os
import sys

from portal.twins.ipaymu.server import serve
from portal.twins.ipaymu.twin import Twin
from portal.twins.process import live, parser, settings


def main() -> int:
    options = parser("portal.twins.ipaymu", __doc__ or "")
    options.add_argument("--merchant", action="append", default=[], help="VA:KEY of a further merchant; repeatable")
    told = options.parse_args()
    merchants = dict(one.split(":", 1) for one in told.merchant if ":" in one)
    if os.environ.get("IPAYMU_VA") and os.environ.get("IPAYMU_API_KEY"):
        merchants[os.environ["IPAYMU_VA"]] = os.environ["IPAYMU_API_KEY"]
    return live("iPaymu", told, lambda: Twin(settings(told), merchants), serve)


if __name__ == "__main__":
    sys.exit(main())
