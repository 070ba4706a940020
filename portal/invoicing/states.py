"""What invoices and credit notes can be, and what may happen to them."""

from __future__ import annotations

from enum import StrEnum

from portal.core.states import Machine


class InvoiceKind(StrEnum):
    FIRST = "first"
    PERIOD = "period"
    CHANGE = "change"
    FINAL = "final"
    MANUAL = "manual"


class LineKind(StrEnum):
    PLAN = "plan"
    ADDON = "addon"
    USAGE = "usage"
    UNUSED_TIME = "unused_time"
    DISCOUNT = "discount"
    MANUAL = "manual"
    TAX = "tax"


class InvoiceStatus(StrEnum):
    DRAFT = "draft"
    ISSUED = "issued"
    PAID = "paid"
    VOID = "void"
    WRITTEN_OFF = "written_off"


class InvoiceEvent(StrEnum):
    ISSUED = "issued"
    PAID = "paid"
    VOIDED = "voided"
    WRITTEN_OFF = "written_off"
    REOPENED = "reopened"  # money that had paid it was taken back


_S, _E = InvoiceStatus, InvoiceEvent

INVOICE = Machine[InvoiceStatus, InvoiceEvent](
    name="invoice",
    moves={
        (_S.DRAFT, _E.ISSUED): _S.ISSUED,
        (_S.ISSUED, _E.PAID): _S.PAID,
        (_S.ISSUED, _E.VOIDED): _S.VOID,
        (_S.ISSUED, _E.WRITTEN_OFF): _S.WRITTEN_OFF,
        (_S.WRITTEN_OFF, _E.PAID): _S.PAID,
        (_S.PAID, _E.REOPENED): _S.ISSUED,
        (_S.WRITTEN_OFF, _E.REOPENED): _S.ISSUED,
    },
    ignored={
        (_S.PAID, _E.PAID),
        (_S.VOID, _E.PAID),  # late money of a void invoice goes to the balance
        (_S.VOID, _E.VOIDED),
        (_S.WRITTEN_OFF, _E.WRITTEN_OFF),
        (_S.ISSUED, _E.REOPENED),  # a part of what was paid was taken back before it was whole
    },
)


class CreditNoteStatus(StrEnum):
    DRAFT = "draft"
    PENDING_APPROVAL = "pending_approval"
    REJECTED = "rejected"
    ISSUED = "issued"
    VOID = "void"


class NoteCause(StrEnum):
    """Why a credit note is given; `RULE` for what a change or a cancellation gives back by itself."""

    RULE = "rule"
    BILLED_WRONG = "billed_wrong"
    NOT_SERVED = "not_served"
    BILLED_TWICE = "billed_twice"
    CANCELED = "canceled"
    AGREED = "agreed"
    GOODWILL = "goodwill"
    OTHER = "other"


class CreditNoteEvent(StrEnum):
    PROPOSED = "proposed"
    EDITED = "edited"
    REJECTED = "rejected"
    ISSUED = "issued"
    VOIDED = "voided"


_N, _D = CreditNoteStatus, CreditNoteEvent

CREDIT_NOTE = Machine[CreditNoteStatus, CreditNoteEvent](
    name="credit_note",
    moves={
        (_N.DRAFT, _D.PROPOSED): _N.PENDING_APPROVAL,
        (_N.DRAFT, _D.EDITED): _N.DRAFT,
        (_N.DRAFT, _D.ISSUED): _N.ISSUED,  # by a rule, or within the limit of who asks
        (_N.PENDING_APPROVAL, _D.ISSUED): _N.ISSUED,
        (_N.PENDING_APPROVAL, _D.REJECTED): _N.REJECTED,
        (_N.PENDING_APPROVAL, _D.EDITED): _N.DRAFT,  # or withdrawn by who asked
        (_N.REJECTED, _D.EDITED): _N.DRAFT,
        (_N.ISSUED, _D.VOIDED): _N.VOID,
    },
    ignored={
        (_N.PENDING_APPROVAL, _D.PROPOSED),
        (_N.REJECTED, _D.REJECTED),
        (_N.ISSUED, _D.ISSUED),
        (_N.VOID, _D.VOIDED),
    },
)
