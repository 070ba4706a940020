"""What the iPaymu adapter answers to its twin, over real HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from portal.core.money import Money
from portal.gateways.base import (
    Answer,
    Channel,
    CheckoutOrder,
    NewsKind,
    Outcome,
    WrongAmount,
    WrongKey,
    WrongRequest,
    differences,
)
from portal.gateways.ipaymu import Ipaymu
from portal.gateways.protocols import Deadlines
from portal.gateways.registry import adapter_for
from tests.twins.running import Listener, listening
from tests.twins.running_ipaymu import API_KEY, BUYER, VA, RunningIpaymu, running_ipaymu

PRICE = Money(250_000, "IDR")
NOON = datetime(2026, 8, 20, 5, tzinfo=UTC)
MINUTES = timedelta(minutes=5)
"""So much before now nothing was made yet, also when a day begins in Jakarta meanwhile."""
WAYS = [
    (Channel.VIRTUAL_ACCOUNT, "bni"),
    (Channel.CONVENIENCE_STORE, "indomaret"),
    (Channel.QRIS, ""),
    (Channel.EWALLET, "dana"),
    (Channel.CARD, ""),
]


@pytest.fixture(scope="module")
def shared_ipaymu() -> Iterator[RunningIpaymu]:
    with running_ipaymu(seed=7, webhook_timeout=2.0) as found:
        yield found


@pytest.fixture
def twin(shared_ipaymu: RunningIpaymu) -> RunningIpaymu:
    shared_ipaymu.twin.reset()
    return shared_ipaymu


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as heard:
        yield heard


@pytest.fixture
def gateway(twin: RunningIpaymu) -> Ipaymu:
    """The adapter, impatient."""
    secrets = {"va": VA, "api_key": API_KEY}
    return adapter_for("ipaymu", secrets=secrets, mode="test", base_url=twin.url, deadlines=Deadlines(1.0, 1.0, 1.0))


def order(reference: str = "at-1", amount: Money = PRICE, notify: str = "http://127.0.0.1:9/hook", **more):
    return CheckoutOrder(
        reference, amount, BUYER, "https://portal.example/back", notify_url=notify, payer_name="Siti Élan", **more
    )


def number_of(twin: RunningIpaymu, reference: str = "at-1") -> list[int]:
    return [row.id for row in twin.twin.ledger.transactions.values() if row.reference == reference]


@pytest.mark.parametrize("switches", [{}, {"is_strict_raw": True}, {"omits_success": True, "has_upper_sessions": True}])
def test_a_page_is_offered_paid_and_looked_up(twin: RunningIpaymu, gateway: Ipaymu, switches: dict):
    twin.switch(**switches)
    offered = gateway.checkout(order(notes={"invoice": "INV/7001 – Élan"}))
    assert offered.outcome is Outcome.ACTION_REQUIRED
    assert offered.session
    assert gateway.look_up("at-1", session=offered.session).answer is Answer.NOT_FOUND
    number = twin.press(offered.link)["transaction"]
    for known in (
        {},
        {"gateway_ref": str(number)},
        {"session": offered.session},
        {"since": datetime.now(UTC) - MINUTES},
    ):
        seen = gateway.look_up("at-1", **known)
        assert seen.answer is Answer.FOUND
        assert (seen.charge.outcome, seen.charge.amount, seen.charge.fee) == (
            Outcome.SUCCEEDED,
            PRICE,
            Money(3_500, "IDR"),
        )
        assert differences(seen.charge, amount=PRICE, payer_email=BUYER, mode="test") == ()


@pytest.mark.parametrize(("channel", "bank"), WAYS)
def test_each_way_is_payable_without_a_page_and_found_when_paid(
    twin: RunningIpaymu, gateway: Ipaymu, channel: Channel, bank: str
):
    offered = gateway.checkout(order(channel=channel, bank=bank))
    assert (offered.outcome, offered.channel, offered.amount) == (Outcome.ACTION_REQUIRED, channel, PRICE)
    assert bool(offered.number) is (channel in (Channel.VIRTUAL_ACCOUNT, Channel.CONVENIENCE_STORE))
    assert bool(offered.qr) is (channel is Channel.QRIS)
    assert bool(offered.link) is (channel in (Channel.EWALLET, Channel.CARD))
    assert offered.expires_at is not None
    seen = gateway.look_up("at-1", gateway_ref=offered.gateway_ref, session=offered.session)
    assert seen.charge.outcome is Outcome.ACTION_REQUIRED
    twin.pay(int(offered.gateway_ref))
    seen = gateway.look_up("at-1", gateway_ref=offered.gateway_ref, session=offered.session)
    assert seen.charge.outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("tells", ["null", "dash", "blank"])
@pytest.mark.parametrize("shape", ["collection", "site"])
def test_its_quirks_are_understood(twin: RunningIpaymu, gateway: Ipaymu, tells: str, shape: str):
    twin.switch(empty_dates=tells, history_shape=shape, tells_numbers_as_text=True, omits_success=True)
    gateway.checkout(order(channel=Channel.VIRTUAL_ACCOUNT, bank="bni"))
    seen = gateway.look_up("at-1", since=datetime.now(UTC) - MINUTES)
    assert (seen.charge.outcome, seen.charge.amount, seen.charge.paid_at) == (Outcome.ACTION_REQUIRED, PRICE, None)


def test_a_code_lives_until_its_bank_says_so_in_its_own_time(twin: RunningIpaymu, gateway: Ipaymu):
    twin.clock(NOON.isoformat())
    offered = gateway.checkout(order(channel=Channel.VIRTUAL_ACCOUNT, bank="bsi", expires_in=timedelta(hours=24)))
    assert offered.expires_at == NOON + timedelta(hours=3)
    twin.clock((NOON + timedelta(hours=3)).isoformat())
    twin.wait()
    seen = gateway.look_up("at-1", gateway_ref=offered.gateway_ref)
    assert (seen.charge.outcome, seen.charge.decline_code) == (Outcome.ACTION_REQUIRED, "expired")


def test_a_page_takes_another_channel_after_a_code_lapsed(twin: RunningIpaymu, gateway: Ipaymu):
    twin.clock(NOON.isoformat())
    link = gateway.checkout(order()).link
    first = twin.press(link, "choose")["transaction"]
    twin.clock((NOON + timedelta(days=2)).isoformat())
    twin.wait()
    second = twin.press(link, "pay", "va/permata")["transaction"]
    assert second != first
    seen = gateway.look_up("at-1", gateway_ref=str(first), since=NOON)
    assert (seen.charge.outcome, seen.charge.gateway_ref) == (Outcome.SUCCEEDED, str(second))


@pytest.mark.parametrize("at", ["2026-08-20T16:30:00+00:00", "2026-08-20T17:30:00+00:00"])
def test_the_history_is_searched_by_their_days(twin: RunningIpaymu, gateway: Ipaymu, at: str):
    twin.clock(at)
    gateway.checkout(order(channel=Channel.QRIS))
    assert gateway.look_up("at-1", since=datetime.fromisoformat(at)).answer is Answer.FOUND
    assert gateway.look_up("at-2", since=datetime.fromisoformat(at)).answer is Answer.NOT_FOUND


def test_the_history_is_gone_through_to_its_end(twin: RunningIpaymu, gateway: Ipaymu):
    twin.clock(NOON.isoformat())
    for place in range(45):
        twin.direct(f"at-{place}")
    assert gateway.look_up("at-44", since=NOON).answer is Answer.FOUND
    twin.clock((NOON + timedelta(days=2)).isoformat())
    twin.direct("at-next-day")
    pages, page = [], 1
    while page is not None:
        told = gateway.charges_between(NOON, NOON + timedelta(days=1), page)
        assert told.answer is Answer.FOUND
        pages.append([one.reference for one in told.charges])
        page = told.next_page
    assert [len(found) for found in pages] == [20, 20, 5]
    assert {reference for found in pages for reference in found} == {f"at-{place}" for place in range(45)}


def test_one_reference_may_bring_two_payables_and_the_paid_one_is_found(twin: RunningIpaymu, gateway: Ipaymu):
    wanted = order(channel=Channel.VIRTUAL_ACCOUNT, bank="bni")
    first, second = gateway.checkout(wanted), gateway.checkout(wanted)
    assert first.gateway_ref != second.gateway_ref
    twin.pay(int(first.gateway_ref))
    seen = gateway.look_up("at-1", since=datetime.now(UTC) - MINUTES)
    assert (seen.charge.outcome, seen.charge.gateway_ref) == (Outcome.SUCCEEDED, first.gateway_ref)


def test_another_payments_transaction_proves_nothing(twin: RunningIpaymu, gateway: Ipaymu):
    paid = gateway.checkout(order("at-2", channel=Channel.QRIS))
    twin.pay(int(paid.gateway_ref))
    seen = gateway.look_up("at-1", gateway_ref=paid.gateway_ref)
    assert (seen.answer, seen.charge, seen.contradicts) == (Answer.SILENT, None, ("reference",))
    page = gateway.checkout(order("at-3"))
    number = twin.press(page.link)["transaction"]
    seen = gateway.look_up("at-3", gateway_ref=str(number), session="another-session")
    assert (seen.answer, seen.contradicts) == (Answer.SILENT, ("session",))


def test_a_number_it_does_not_know_is_not_found(gateway: Ipaymu):
    assert gateway.look_up("at-1", gateway_ref="999").answer is Answer.NOT_FOUND


@pytest.mark.parametrize("switches", [{}, {"drops_empty": True}, {"signs_raw_unicode": True}])
@pytest.mark.parametrize("way", ["form", "json", "json_as_form"])
def test_callbacks_are_recognised_in_every_form(
    twin: RunningIpaymu, listener: Listener, gateway: Ipaymu, way: str, switches: dict
):
    twin.switch(callback_format=way, announces_pending=False, **switches)
    offered = gateway.checkout(order(notify=listener.url))
    number = twin.press(offered.link, channel="qris/mpm")["transaction"]
    body, headers = listener.wait(1)[0], listener.headers[0]
    assert gateway.is_genuine(body, headers)
    assert not gateway.is_genuine(body.replace(b"250000", b"250001"), headers)
    assert not gateway.is_genuine(body, {**headers, "x-signature": "ä"})
    other = adapter_for("ipaymu", secrets={"va": "1179000899", "api_key": API_KEY}, mode="test", base_url=twin.url)
    assert not other.is_genuine(body, headers)
    moved = {"va": "1179000899", "api_key": API_KEY}
    former = [{"va": VA, "api_key": API_KEY}]
    assert adapter_for("ipaymu", secrets=moved, mode="test", former_secrets=former).is_genuine(body, headers)
    news = gateway.read_news(body)
    assert (news.kind, news.event, news.reference) == (NewsKind.CHARGE, "berhasil", "at-1")
    assert (news.gateway_ref, news.session.lower()) == (str(number), offered.session.lower())
    assert (news.claims, news.amount) == (Outcome.SUCCEEDED, PRICE)


def test_the_ways_to_pay_are_listed(gateway: Ipaymu):
    told = gateway.channels()
    assert told.answer is Answer.FOUND
    assert {one.channel for one in told.channels} >= {Channel.VIRTUAL_ACCOUNT, Channel.QRIS, Channel.CONVENIENCE_STORE}
    assert "bni" in {one.code for one in told.channels if one.is_active}


def test_the_connection_is_probed(twin: RunningIpaymu, gateway: Ipaymu):
    told = gateway.probe()
    assert told.ok
    assert told.clock_ahead in (-1, 0, 1)
    assert VA in told.account
    twin.behave("unauthorized", call="balance", times=1)
    assert not gateway.probe().ok
    twin.behave("invalid_ip", call="balance", times=1)
    assert "address" in gateway.probe().sentence
    twin.behave("error_before", call="balance", times=1)
    assert "did not answer" in gateway.probe().sentence


def test_a_wrong_key_raises_and_nothing_is_made(twin: RunningIpaymu):
    wrong = adapter_for("ipaymu", secrets={"va": VA, "api_key": "SANDBOX-other"}, mode="test", base_url=twin.url)
    unknown = adapter_for("ipaymu", secrets={"va": "123456", "api_key": API_KEY}, mode="test", base_url=twin.url)
    for gateway in (wrong, unknown):
        for ask in (lambda g=gateway: g.checkout(order()), lambda g=gateway: g.look_up("at-1")):
            with pytest.raises(WrongKey):
                ask()
    assert twin.deeds("initialized") == []


def test_currencies_and_amounts_it_does_not_take_never_leave(twin: RunningIpaymu, gateway: Ipaymu):
    for amount in (Money(250_000, "NGN"), Money(4_999, "IDR"), Money(1_000_000_000, "IDR"), Money(100, "USD")):
        with pytest.raises(WrongAmount):
            gateway.checkout(order(amount=amount))
    assert twin.deeds("initialized") == []


@pytest.mark.parametrize("way", ["invalid_domain", "status_400"])
def test_an_order_it_refuses_is_our_mistake(twin: RunningIpaymu, gateway: Ipaymu, way: str):
    twin.behave(way)
    with pytest.raises(WrongRequest):
        gateway.checkout(order())


def test_a_channel_out_of_service_is_refused(twin: RunningIpaymu, gateway: Ipaymu):
    twin.behave("unavailable")
    with pytest.raises(WrongRequest):
        gateway.checkout(order(channel=Channel.QRIS))
