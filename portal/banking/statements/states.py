"""What an imported statement and its lines can be."""

from __future__ import annotations

from enum import StrEnum

from portal.core.states import Machine


class ImportStatus(StrEnum):
    DRAFT = "draft"  # looked at, nothing booked
    RUNNING = "running"
    FINISHED = "finished"
    ABANDONED = "abandoned"


class ImportEvent(StrEnum):
    BEGUN = "begun"
    FINISHED = "finished"
    ABANDONED = "abandoned"


_I, _B = ImportStatus, ImportEvent

STATEMENT_IMPORT = Machine[ImportStatus, ImportEvent](
    name="statement_import",
    moves={
        (_I.DRAFT, _B.BEGUN): _I.RUNNING,
        (_I.RUNNING, _B.FINISHED): _I.FINISHED,
        (_I.DRAFT, _B.ABANDONED): _I.ABANDONED,
    },
    ignored={
        (_I.RUNNING, _B.BEGUN),
        (_I.FINISHED, _B.BEGUN),
        (_I.FINISHED, _B.FINISHED),
        (_I.ABANDONED, _B.ABANDONED),
    },
)


class LineStatus(StrEnum):
    """Whose the money of a booked line is, if anybody's yet, is said by its payment."""

    READ = "read"  # taken from the file, not looked at yet
    BOOKED = "booked"  # its money is a payment
    IGNORED = "ignored"  # no customer's money
    OUT = "out"  # money that left


class LineEvent(StrEnum):
    BOOKED = "booked"
    PUT_ASIDE = "put_aside"
    IGNORED = "ignored"
    REBOOKED = "rebooked"


_L, _E = LineStatus, LineEvent

BANK_LINE = Machine[LineStatus, LineEvent](
    name="bank_line",
    moves={
        (_L.READ, _E.BOOKED): _L.BOOKED,
        (_L.READ, _E.PUT_ASIDE): _L.OUT,
        (_L.BOOKED, _E.IGNORED): _L.IGNORED,
        (_L.BOOKED, _E.REBOOKED): _L.BOOKED,
        (_L.IGNORED, _E.REBOOKED): _L.BOOKED,
    },
    ignored={
        (_L.BOOKED, _E.BOOKED),
        (_L.IGNORED, _E.BOOKED),
        (_L.IGNORED, _E.IGNORED),
    },
)
