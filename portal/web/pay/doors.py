"""Where the forms of the panel for paying lead: the same panel stands on the customer's page and on a link's."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Doors:
    """Addresses. `charge` is empty where no stored card may be charged, `receipt` while nothing was paid, `proof`
    where no file may be sent, `sign_in` for who is signed in."""

    here: str
    open: str
    look: str
    charge: str = ""
    receipt: str = ""
    proof: str = ""
    sign_in: str = ""
