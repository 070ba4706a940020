"""The hosted page, what buyers do, what expires, and the callbacks of it all."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from portal.twins.ipaymu.callbacks import signature
from tests.twins.running import Listener
from tests.twins.running_ipaymu import BUYER, VA, RunningIpaymu

NOON = datetime.fromisoformat("2026-08-20T05:00:00+00:00")
PUBLISHED = (
    '{"additional_info":[],"amount":"102000","buyer_email":"putu@mail.com","buyer_name":"putu",'
    '"buyer_phone":"08123456789","channel":"mpm","created_at":"2025-11-11 10:10:26",'
    '"expired_at":"2025-11-12 10:10:25","fee":"714","is_escrow":false,"paid_at":"2025-11-11 10:10:51",'
    '"paid_off":101286,"payment_no":"","reference_id":"ID1234","settlement_status":"settled",'
    '"sid":"f5aaa61d-7260-4c91-a718-5274a55cb4b8","status":"berhasil","status_code":1,"sub_total":"102000",'
    '"system_notes":"Sandbox notify","total":"102000","transaction_status_code":1,"trx_id":184854,'
    '"url":"https:\\/\\/webhook.site\\/caef335b-f0bf-49d3-a532-35564f5241a2","via":"qris"}'
)


def told(listener: Listener, place: int = -1) -> dict:
    """A callback as it was meant, whatever it was written in."""
    body = listener.bodies[place].decode()
    if body.startswith("{"):
        return json.loads(body)
    fields: dict = dict(parse_qsl(body, keep_blank_values=True))
    for name in ("trx_id", "status_code", "transaction_status_code", "paid_off"):
        fields[name] = int(fields[name])
    return fields | {"is_escrow": fields["is_escrow"] == "true", "additional_info": []}


def signed(fields: dict) -> str:
    text = json.dumps(dict(sorted(fields.items())), separators=(",", ":")).replace("/", "\\/")
    return hmac.new(VA.encode(), text.encode(), hashlib.sha256).hexdigest()


def test_the_published_callback_is_signed_as_it_was():
    wanted = "c9594cc8c9f5811ecf22422eed1c8071f7837211f58956f616658a904d94f024"
    assert signature(json.loads(PUBLISHED), "1179000899") == wanted


def test_a_buyer_chooses_and_pays_on_the_page(ipaymu: RunningIpaymu, ear: Listener):
    page = ipaymu.page()
    assert "Bank Muamalat" in ipaymu.web.get(page).text
    answer = ipaymu.web.post(page, data={"channel": "va/bni", "do": "choose"}, allow_redirects=False)
    assert answer.status_code == 303
    shown = ipaymu.web.get(ipaymu.url + answer.headers["Location"])
    number = int(answer.headers["Location"].rpartition("/")[2])
    assert str(ipaymu.check(number)["Data"]["PaymentCode"]) in shown.text
    back = ipaymu.web.post(shown.url, data={"do": "pay"}, allow_redirects=False).headers["Location"]
    query = parse_qs(urlsplit(back).query)
    assert query["inv"] == ["7001"]
    assert query["trx_id"] == [str(number)]
    assert query["status"] == ["berhasil"]
    ipaymu.wait()
    assert sorted(told(ear, place)["status"] for place in (0, 1)) == ["berhasil", "pending"]
    seen = ipaymu.check(number)["Data"]
    assert (seen["Status"], seen["PaidStatus"], seen["StatusDesc"]) == (1, "paid", "Berhasil")
    assert seen["SessionId"] == page.rpartition("/")[2]


@pytest.mark.parametrize(
    ("way", "kind", "begins"),
    [
        ("form", "application/x-www-form-urlencoded", b"trx_id="),
        ("json", "application/json", b"{"),
        ("json_as_form", "application/x-www-form-urlencoded", b"{"),
    ],
)
def test_callbacks_are_written_in_three_ways(ipaymu: RunningIpaymu, ear: Listener, way: str, kind: str, begins: bytes):
    ipaymu.switch(callback_format=way, announces_pending=False)
    ipaymu.press(ipaymu.page())
    body = ear.wait(1)[0]
    headers = ear.headers[0]
    assert body.startswith(begins)
    assert headers["content-type"] == kind
    assert headers["x-timestamp"].endswith("+07:00")
    assert len(headers["x-external-id"]) == 20
    fields = told(ear)
    assert signed(fields) == headers["x-signature"]
    assert (fields["sub_total"], fields["paid_off"], fields["reference_id"]) == ("250000", 246_500, "INV-7001-1")
    assert fields["va"] == fields["payment_no"]


def test_a_form_may_drop_what_is_empty(ipaymu: RunningIpaymu, ear: Listener):
    ipaymu.switch(drops_empty=True, announces_pending=False)
    ipaymu.press(ipaymu.page(), channel="qris/mpm")
    body = ear.wait(1)[0]
    assert b"payment_no" not in body
    assert b"additional_info" not in body
    assert signed(told(ear) | {"payment_no": ""}) == ear.headers[0]["x-signature"]


def test_a_code_expires_by_the_twins_clock(ipaymu: RunningIpaymu, ear: Listener):
    ipaymu.clock(NOON.isoformat())
    number = ipaymu.direct(expired=2)["TransactionId"]
    assert ipaymu.wait()["next_due_at"] == (NOON + timedelta(hours=2)).isoformat()
    ipaymu.clock((NOON + timedelta(hours=2)).isoformat())
    ipaymu.wait()
    assert ipaymu.check(number)["Data"]["Status"] == -2
    assert (told(ear)["status"], told(ear)["status_code"]) == ("expired", -2)
    assert ipaymu.pay(number)["status"] == -2


@pytest.mark.parametrize(("do", "status", "days"), [("pay_unsettled", 6, 1), ("pay_escrow", 7, 7)])
def test_money_that_is_held_counts_as_paid_and_settles_later(ipaymu: RunningIpaymu, do: str, status: int, days: int):
    ipaymu.clock(NOON.isoformat())
    number = ipaymu.press(ipaymu.page(), do)["transaction"]
    seen = ipaymu.check(number)["Data"]
    assert (seen["Status"], seen["PaidStatus"], seen["SettlementDate"]) == (status, "paid", None)
    ipaymu.wait()
    ipaymu.clock((NOON + timedelta(days=days)).isoformat())
    ipaymu.wait()
    assert ipaymu.check(number)["Data"]["Status"] == 1
    assert len(ipaymu.deeds("charged")) == 1


@pytest.mark.parametrize(("do", "status"), [("expire", -2), ("cancel", 2), ("fail", 5)])
def test_a_payment_may_end_unpaid(ipaymu: RunningIpaymu, ear: Listener, do: str, status: int):
    number = ipaymu.press(ipaymu.page(), do)["transaction"]
    assert ipaymu.check(number)["Data"]["Status"] == status
    ipaymu.wait()
    heard = sorted(told(ear, place)["status"] for place in range(len(ear.bodies)))
    assert heard == (["expired", "pending"] if do == "expire" else ["pending"])


def test_leaving_the_page_leads_back_unpaid(ipaymu: RunningIpaymu):
    page = ipaymu.page(cancelUrl="https://shop.example.test/cancel")
    assert ipaymu.press(page, "cancel", channel="")["redirect"] == "https://shop.example.test/cancel"
    number = ipaymu.press(page, "choose")["transaction"]
    assert "status=pending" in ipaymu.pay(number, "leave")["redirect"]


def test_one_session_may_make_several_transactions(ipaymu: RunningIpaymu):
    page = ipaymu.page()
    numbers = [ipaymu.press(page, "choose", channel)["transaction"] for channel in ("va/bni", "qris/mpm")]
    assert numbers[0] < numbers[1]
    assert "Begun already" in ipaymu.web.get(page).text


def test_callbacks_come_again_until_they_are_acknowledged(ipaymu: RunningIpaymu, ear: Listener):
    ear.statuses = [500, 302]
    ipaymu.switch(announces_pending=False)
    ipaymu.clock(NOON.isoformat())
    ipaymu.press(ipaymu.page())
    assert ipaymu.wait()["next_due_at"] == (NOON + timedelta(minutes=1)).isoformat()
    for minutes in (1, 6):
        ipaymu.clock((NOON + timedelta(minutes=minutes)).isoformat())
        ipaymu.wait()
    assert len(ear.bodies) == 3
    assert len(set(ear.bodies)) == 1
    assert len({headers["x-external-id"] for headers in ear.headers}) == 3
    assert len(ipaymu.deeds("news_delivered")) == 1


def test_a_buyer_may_pay_by_himself(ipaymu: RunningIpaymu):
    ipaymu.clock(NOON.isoformat())
    ipaymu.behave("pays", seconds=3600, email=BUYER, code="6")
    number = ipaymu.direct()["TransactionId"]
    ipaymu.clock((NOON + timedelta(hours=1)).isoformat())
    ipaymu.wait()
    assert ipaymu.check(number)["Data"]["Status"] == 6


def test_money_may_come_after_the_code_expired(ipaymu: RunningIpaymu):
    ipaymu.clock(NOON.isoformat())
    ipaymu.behave("pays_late", seconds=60)
    number = ipaymu.direct(expired=1)["TransactionId"]
    ipaymu.clock((NOON + timedelta(hours=1)).isoformat())
    ipaymu.wait()
    assert ipaymu.check(number)["Data"]["Status"] == -2
    ipaymu.clock((NOON + timedelta(hours=1, minutes=1)).isoformat())
    ipaymu.wait()
    assert ipaymu.check(number)["Data"]["Status"] == 1


def test_half_may_be_paid(ipaymu: RunningIpaymu):
    ipaymu.clock(NOON.isoformat())
    ipaymu.behave("pays_less", seconds=1)
    number = ipaymu.direct()["TransactionId"]
    ipaymu.clock((NOON + timedelta(seconds=1)).isoformat())
    ipaymu.wait()
    assert ipaymu.check(number)["Data"]["SubTotal"] == 125_000


@pytest.mark.parametrize("do", ["bad_signature", "without_signature", "wrong_news_amount", "paid_lie", "news_twice"])
def test_callbacks_that_are_not_as_they_should_be(ipaymu: RunningIpaymu, ear: Listener, do: str):
    ipaymu.behave(do, call="news")
    number = ipaymu.direct()["TransactionId"]
    ipaymu.wait()
    fields, given = told(ear), ear.headers[-1].get("x-signature")
    assert (given == signed(fields)) is (do not in ("bad_signature", "without_signature"))
    assert (fields["status"] == "berhasil") is (do == "paid_lie")
    assert (fields["sub_total"] == "249000") is (do == "wrong_news_amount")
    assert len(ear.bodies) == (2 if do == "news_twice" else 1)
    assert ipaymu.check(number)["Data"]["Status"] == 0


def test_a_stale_pending_comes_after_paid(ipaymu: RunningIpaymu, ear: Listener):
    ipaymu.clock(NOON.isoformat())
    ipaymu.behave("stale_pending", seconds=5, call="news")
    ipaymu.press(ipaymu.page())
    ipaymu.wait()
    ipaymu.clock((NOON + timedelta(seconds=5)).isoformat())
    ipaymu.wait()
    assert sorted(told(ear, place)["status"] for place in range(3)) == ["berhasil", "pending", "pending"]
    assert told(ear)["status"] == "pending"


def test_the_simulator_sets_a_status_and_sends_it(ipaymu: RunningIpaymu, ear: Listener):
    number = ipaymu.direct()["TransactionId"]
    assert "Transaction ID" in ipaymu.web.get(f"{ipaymu.url}/send-notify").text
    page = ipaymu.web.post(f"{ipaymu.url}/send-notify", data={"flag": "id", "id": number, "status": "1"})
    assert "reference_id=INV-7001-1" in page.text.replace("&amp;", "&")
    ipaymu.wait()
    assert ipaymu.check(number)["Data"]["Status"] == 1
    assert told(ear)["system_notes"] == "Sandbox notify"
    assert ipaymu.web.post(f"{ipaymu.url}/send-notify", data={"id": "1"}).status_code == 422


def test_the_dashboard_refunds_without_a_callback(ipaymu: RunningIpaymu, ear: Listener):
    number = ipaymu.press(ipaymu.page())["transaction"]
    ipaymu.wait()
    before = len(ear.bodies)
    ipaymu.web.post(f"{ipaymu.url}/_twin/transactions/{number}/status", json={"status": 3})
    ipaymu.wait()
    assert len(ear.bodies) == before
    seen = ipaymu.check(number)["Data"]
    assert (seen["Status"], seen["StatusDesc"], seen["PaidStatus"]) == (3, "Refund", "unpaid")


def test_the_panel_shows_and_takes_switches(ipaymu: RunningIpaymu):
    ipaymu.press(ipaymu.page())
    shown = ipaymu.web.get(f"{ipaymu.url}/_twin/").text
    assert "INV-7001-1" in shown
    assert "Callback format" in shown
    for wrong in ({"callback_format": "pigeon"}, {"speed": 1}):
        assert ipaymu.web.post(f"{ipaymu.url}/_twin/switches", json=wrong).status_code == 400
    form = ipaymu.web.post(
        f"{ipaymu.url}/_twin/switches", data={"callback_format": "json"}, headers={"Accept": "text/html"}
    )
    assert form.status_code == 200
    assert ipaymu.twin.switches.callback_format == "json"
