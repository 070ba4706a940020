"""A client that other people wrote for iPaymu, unmodified, against the twin: the PyPI package `ipaymu`, version 0.1.0.

Nothing of it is replaced: it reads its address and its merchant from the settings that its own `init` fills.
"""

from collections.abc import Iterator
from types import ModuleType

import ipaymu as client
import pytest
from ipaymu import v2
from ipaymu.compat import settings

from tests.twins.running_ipaymu import API_KEY, BUYER, NOTIFY, VA, RunningIpaymu


@pytest.fixture
def theirs(ipaymu: RunningIpaymu) -> Iterator[ModuleType]:
    kept = (settings.IPAYMU_URL, settings.IPAYMU_VA_ACCOUNT, settings.IPAYMU_API_KEY)
    client.init(ipaymu.url, VA, API_KEY)
    yield v2
    client.init(*kept)


def test_it_begins_a_payment_on_the_page(ipaymu: RunningIpaymu, theirs: ModuleType):
    begun = theirs.redirect_payment(
        product=["Kopi", "Teh"],
        qty=["1", "2"],
        price=["10000", "5000"],
        description=["Hitam", "Manis"],
        returnUrl="https://shop.example.test/return",
        notifyUrl=NOTIFY,
        cancelUrl="https://shop.example.test/cancel",
        buyerName="Siti",
        buyerPhone="081200000001",
        buyerEmail=BUYER,
    )
    assert (begun["Status"], begun["Message"]) == (200, "Success")
    paid = ipaymu.press(begun["Data"]["Url"], channel="qris/mpm")
    seen = ipaymu.check(paid["transaction"])["Data"]
    assert (seen["Status"], seen["SubTotal"]) == (1, 20_000)
    assert seen["SessionId"] == begun["Data"]["SessionID"]


@pytest.mark.parametrize(
    ("method", "channel"), [("va", "bni"), ("va", "bca"), ("cstore", "alfamart"), ("qris", "mpm"), ("ewallet", "dana")]
)
def test_it_makes_payables_of_every_method(ipaymu: RunningIpaymu, theirs: ModuleType, method: str, channel: str):
    told = theirs.direct_payment("Siti", "081200000001", BUYER, 25_000, NOTIFY, 24, "hours", method, channel)
    assert told["Status"] == 200, told
    assert told["Data"]["Channel"] == channel.upper()
    assert ipaymu.pay(told["Data"]["TransactionId"])["status"] == 1


def test_it_is_told_what_is_wrong(theirs: ModuleType):
    told = theirs.direct_payment("Siti", "081200000001", BUYER, 400, NOTIFY, 24, "hours", "va", "bni")
    assert (told["Status"], told["Message"]) == (400, "Total price min Rp 5000 and max Rp 999999999")
    client.init(api_key="another-key")
    told = theirs.direct_payment("Siti", "081200000001", BUYER, 25_000, NOTIFY, 24, "hours", "va", "bni")
    assert (told["Status"], told["Message"]) == (401, "unauthorized signature")
