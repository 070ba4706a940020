"""An account that offers only some of its gateway's ways to pay."""

import pytest
from sqlalchemy import select, update

from portal.core.errors import Invalid
from portal.core.money import Money
from portal.payments.models import GatewayAccount
from portal.web.pay.ways import ways_of


@pytest.fixture
def proved():
    """The world proves its own book."""


@pytest.fixture
def account(pushed) -> GatewayAccount:
    pushed.session.execute(update(GatewayAccount).values(channels=["virtual_account:bni", "qris:mpm"]))
    pushed.session.commit()
    return pushed.session.scalars(select(GatewayAccount)).one()


def test_only_what_is_offered_can_be_opened(pushed, account):
    invoice = pushed.owed()
    for channel, bank in (("virtual_account", "bca"), ("ewallet", "dana"), ("convenience_store", "alfamart")):
        with pytest.raises(Invalid) as refused:
            pushed.open(invoice, channel, bank)
        assert refused.value.field == "channel"
    assert pushed.attempts(invoice) == []
    assert pushed.open(invoice, "qris").reference
    assert pushed.statuses(invoice) == ["action_required"]


def test_the_pay_page_lists_what_is_offered(app, account):
    with app.test_request_context():
        found = {way.channel: [code for code, _name in way.banks] for way in ways_of(account, Money(250_000, "IDR"))}
    assert found == {"virtual_account": ["bni"], "qris": [], "page": []}
