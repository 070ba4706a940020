"""Staff mail an invoice's payment link and take all of them back."""

import pytest
from sqlalchemy import select

from portal.core.audit import AuditEntry
from portal.core.outbox import OutboxEntry
from portal.core.settings import current
from portal.invoicing import pay_links
from portal.invoicing.models import Invoice
from tests.factories import NOON
from tests.pushing import PushWorld
from tests.web.staff_world import enter_as


@pytest.fixture
def invoice(pushed: PushWorld) -> Invoice:
    return pushed.owed()


def test_staff_mail_a_link_and_take_all_back(session, reader, pushed, invoice):
    enter_as(session, reader, "billing")
    page = f"/billing/invoices/{invoice.ref}"
    old = f"/pay/{pay_links.token_for(invoice, secret_key=current().secret_key, at=NOON)}"
    assert old in reader.get(page).text
    assert reader.post(f"{page}/links/mail", seen=page).status_code == 303
    assert reader.post(f"{page}/links/revoke", seen=page).status_code == 303
    session.rollback()
    assert "invoice.link_asked" in session.scalars(select(OutboxEntry.topic)).all()
    assert {"pay_link.mailed", "pay_links.revoked"} <= set(session.scalars(select(AuditEntry.deed)).all())
    assert reader.client.get(old).status_code == 410
    assert old not in reader.get(page).text


def test_support_sees_no_link_and_does_neither(session, reader, pushed, invoice):
    enter_as(session, reader, "support")
    page = f"/billing/invoices/{invoice.ref}"
    assert "/pay/" not in reader.get(page).text
    for deed in ("mail", "revoke"):
        assert reader.post(f"{page}/links/{deed}", seen=page).status_code == 403
