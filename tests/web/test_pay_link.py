"""The page of a pay link: one invoice, for whoever has the link, and nothing to anybody else."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.actions.create_subscription import create_subscription
from portal.actions.revoke_pay_links import revoke_pay_links
from portal.core.audit import AuditEntry
from portal.core.formats import formats
from portal.core.outbox import OutboxEntry
from portal.core.settings import current
from portal.customers.models import Customer
from portal.invoicing import pay_links
from portal.invoicing.models import Invoice
from portal.payments import receipts
from portal.payments.models import Attempt
from portal.payments.states import AttemptStatus
from portal.subscriptions.models import Subscription
from portal.subscriptions.states import Collection
from portal.subscriptions.wishes import Beginning, StartTerms
from tests.factories import NOON, STAFF
from tests.pushing import PushWorld
from tests.web.account_world import HTMX, QUERIES, counted_queries


def path_of(invoice: Invoice, at=NOON) -> str:
    return f"/pay/{pay_links.token_for(invoice, secret_key=current().secret_key, at=at)}"


@pytest.fixture
def owed(make, travel):
    """An invoice that its customer is to pay, at a gateway with a page."""
    travel(NOON)
    make.account()
    customer = make.customer(name="Ibadan Insights", email="books@ibadan.example")
    terms = StartTerms(collection=Collection.PUSH)
    items = [(make.price().ref, 1)]
    ref = create_subscription(customer.id, items, beginning=Beginning.ACTIVE, asked=terms, actor=STAFF, at=NOON)
    return make.invoice(make.one(Subscription, Subscription.ref == ref))


@pytest.fixture
def billed(pushed: PushWorld):
    """An invoice in rupiah, at a gateway with numbers and codes."""
    return pushed.owed(name="PT Nusantara Riset")


def press(client, path: str, action: str, **more: str):
    """Press the button of the form on the page at `path` that posts to `action`; `more` beats its hidden fields."""
    page = client.get(path).text
    forms = re.findall(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.S)
    wanted = more.get("channel", "")
    form = next(one for one in forms if f'name="channel" value="{wanted}"' in one or not wanted)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return client.post(action, data=hidden | more)


def test_it_shows_the_invoice_to_who_has_the_link_and_asks_nobody_to_sign_in(client, owed):
    answer = client.get(path_of(owed))
    assert answer.status_code == 200
    page = answer.text
    assert owed.label in page
    assert "Ibadan Insights" in page
    assert "Another card or way" in page
    assert "₦10,000" in re.sub("<[^>]+>", "", page)
    assert "Sign in to pay with a stored card" in page


def test_it_shows_nothing_beyond_that_invoice(client, make, owed):
    other = make.subscription(customer=make.one(Customer, Customer.id == owed.customer_id))
    page = client.get(path_of(owed)).text
    assert make.invoice(other).label not in page
    assert "books@ibadan.example" not in page
    assert "/account/plan" not in page
    refs = set(re.findall(r"\b(?:inv|cus|sub|pm)_[a-z2-7]{16}\b", page))
    assert refs == {owed.ref}
    token = path_of(owed).removeprefix("/pay/")
    for path in (
        "/account/",
        f"/account/invoices/{owed.ref}",
        f"/account/invoices/{owed.ref}/pdf",
        "/account/payments",
    ):
        assert client.get(f"{path}?token={token}").status_code == 302


def test_the_address_is_told_to_nobody(client, owed):
    headers = client.get(path_of(owed)).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"


def test_every_altered_token_is_not_found_and_says_nothing_of_the_invoice(client, owed):
    token = path_of(owed).removeprefix("/pay/")
    places = [*range(0, len(token), 7), token.index(".") + 1, len(token) - 1]
    for place in places[:18]:
        other = "a" if token[place] != "a" else "b"
        answer = client.get(f"/pay/{token[:place]}{other}{token[place + 1 :]}")
        assert answer.status_code == 404
        assert owed.label not in answer.text


@pytest.mark.parametrize("made", ["another key", "another invoice", "another version", "a later day", "a sign-in link"])
def test_what_we_did_not_seal_for_this_opens_nothing(client, make, owed, made):
    token = path_of(owed).removeprefix("/pay/")
    ref, version, day, seal = token.split(".")
    forged = {
        "another key": pay_links.token_for(owed, secret_key="x" * 40, at=NOON),
        "another invoice": f"inv_{'a' * 16}.{version}.{day}.{seal}",
        "another version": f"{ref}.2.{day}.{seal}",
        "a later day": f"{ref}.{version}.{int(day) + 300}.{seal}",
        "a sign-in link": "A" * 43,
    }[made]
    assert client.get(f"/pay/{forged}").status_code == 404
    for deed in ("open", "look", "renew"):
        client.get(path_of(owed))
        with client.session_transaction() as cookie:
            kept = cookie.get("csrf_token")
        assert kept
        assert client.post(f"/pay/{forged}/{deed}", data={"form_key": "a" * 32}).status_code in (400, 404)


@pytest.mark.parametrize("how", ["its day has passed", "it was taken back"])
def test_a_link_that_is_over_offers_a_fresh_one_to_the_billing_address_alone(client, session, travel, owed, how):
    path = path_of(owed)
    if how == "it was taken back":
        revoke_pay_links(owed.ref, actor=STAFF, at=NOON)
    else:
        travel(NOON + pay_links.LIVES + timedelta(days=1))
    answer = client.get(path)
    assert answer.status_code == 410
    assert owed.label not in answer.text
    assert "ibadan" not in answer.text.lower()
    for deed in ("pdf", "receipt", "back"):
        assert client.get(f"{path}/{deed}").status_code == 410
    page = press(client, path, f"{path}/renew")
    assert "A fresh link is on its way" in page.text
    session.rollback()
    (asked,) = session.scalars(select(OutboxEntry).where(OutboxEntry.topic == "invoice.link_asked"))
    assert asked.facts["invoice"] == owed.ref
    assert asked.customer_id == owed.customer_id
    assert session.scalar(select(func.count()).select_from(Attempt)) == 0


def test_taking_links_back_is_written_down_and_later_links_work(client, session, owed):
    revoke_pay_links(owed.ref, actor=STAFF, at=NOON)
    session.rollback()
    session.expire_all()
    assert client.get(path_of(session.get_one(Invoice, owed.id))).status_code == 200
    deeds = select(AuditEntry.deed).where(AuditEntry.subject == owed.ref).order_by(AuditEntry.id.desc())
    assert session.scalars(deeds).first() == "pay_links.revoked"


def test_a_paid_invoice_says_paid_and_offers_the_receipt_and_nothing_else(client, make, owed):
    make.pay(owed)
    path = path_of(owed)
    page = client.get(path).text
    assert "Nothing is left to pay." in page
    assert "Ibadan Insights" not in page
    assert f"{path}/receipt" in page
    assert f'action="{path}/open"' not in page
    assert client.get(f"{path}/pdf").status_code == 404
    assert "is being prepared" in client.get(f"{path}/receipt").text


def test_a_number_is_opened_shown_counted_down_and_copied(client, session, pushed, billed):
    path = path_of(billed, pushed.at)
    answer = press(client, path, f"{path}/open", channel="virtual_account", bank="bni")
    assert (answer.status_code, answer.location) == (303, path)
    page = client.get(path).text
    known = pushed.details(billed)
    grouped = " ".join(known.number[at : at + 4] for at in range(0, len(known.number), 4))
    assert grouped in page
    assert f'data-copy="{known.number}"' in page
    assert 'class="dial"' in page
    assert "If you have already sent the money, wait" in page
    assert "Pay another way" in page
    watched = re.search(r'hx-get="([^"]+seen[^"]+)"', page)[1].replace("&amp;", "&")
    assert client.get(watched, headers=HTMX).status_code == 204
    pushed.pays(billed)
    pushed.work()
    assert client.get(watched, headers=HTMX).headers["HX-Redirect"] == path
    assert "Nothing is left to pay." in client.get(path).text
    pushed.session.rollback()
    (settled,) = receipts.settlements(pushed.session, pushed.reload(billed), formats("en", "Asia/Jakarta"))
    assert settled.text == "Paid by virtual account"


def test_a_code_is_drawn_as_a_picture_by_us(client, pushed, billed):
    path = path_of(billed, pushed.at)
    press(client, path, f"{path}/open", channel="qris")
    page = client.get(path).text
    assert re.search(r'<svg class="qr" viewBox="0 0 (\d+) \1"[^>]*><path d="M', page)
    assert "<img" not in page.partition("<main")[2]


def test_another_way_is_a_choice_that_carries_what_was_said(client, pushed, billed):
    path = path_of(billed, pushed.at)
    press(client, path, f"{path}/open", channel="virtual_account", bank="bni")
    press(client, path, f"{path}/open", channel="qris", switch="")
    assert pushed.statuses(billed) == ["action_required"]
    assert "Another way to pay is open." in client.get(path).text
    press(client, path, f"{path}/open", channel="qris")
    assert pushed.statuses(billed) == ["superseded", "action_required"]


def test_the_hosted_page_is_left_for_and_come_back_from(client, pushed, billed):
    path = path_of(billed, pushed.at)
    answer = press(client, path, f"{path}/open", channel="page")
    assert answer.status_code == 303
    assert answer.location.startswith(pushed.twin.url)
    told = pushed.twin.press(answer.location, "pay", "va/bca")
    back = told["redirect"]
    assert back.startswith(f"{current().app_url}{path}/back?")
    assert client.get(back.removeprefix(current().app_url)).location == path
    pushed.work()
    assert "Nothing is left to pay." in client.get(path).text


def test_what_is_paid_by_a_link_leaves_no_card_behind(client, pushed, billed):
    path = path_of(billed, pushed.at)
    press(client, path, f"{path}/open", channel="page")
    assert pushed.details(billed).keeps_method is False


def test_while_the_answer_is_not_known_the_page_says_so_and_offers_nothing(client, session, make, owed):
    make._attempt(owed)
    page = client.get(path_of(owed)).text
    assert "We are waiting for your bank. No need to pay again." in page
    assert "/open" not in page.partition("<main")[2]


def test_i_have_paid_lets_the_gateway_be_asked_at_once(client, session, pushed, billed):
    path = path_of(billed, pushed.at)
    press(client, path, f"{path}/open", channel="virtual_account", bank="bni")
    assert press(client, path, f"{path}/look").status_code == 303
    assert pushed.attempts(billed)[0].next_action_at == pushed.at


@pytest.mark.parametrize(
    "fields",
    [
        {"channel": "cash"}, {"channel": ""}, {"channel": "virtual_account"},
        {"channel": "virtual_account", "bank": "x"}, {"channel": "qris", "bank": "bni"},
        {"channel": "page", "amount": "1"}, {"channel": "page", "amount": "-5"},
        {"channel": "page", "amount": "1e9"}, {"channel": "page", "price": "1"}, {"channel": "page", "status": "paid"},
        {"channel": "page", "bank": "b" * 300}, {"channel": "page", "switch": "yes please"}, {"channel": "\u0000"},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_and_opens_nothing(client, session, pushed, billed, fields):
    path = path_of(billed, pushed.at)
    client.get(path)
    page = client.get(path).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    answer = client.post(f"{path}/open", data={"csrf_token": token, "form_key": "a" * 32} | fields)
    assert answer.status_code in (400, 422)
    assert pushed.attempts(billed) == []


@pytest.mark.parametrize("typed", ["1", "999.999.999", "abc", "-5", "0", "1e9", "٣٠٠٠٠٠"])
def test_an_amount_that_cannot_be_paid_is_named_at_its_field_and_stays_as_it_was_typed(client, pushed, billed, typed):
    path = path_of(billed, pushed.at)
    pushed.make.policy(customer_may_pay_part=True)
    answer = press(client, path, f"{path}/open", channel="virtual_account", bank="permata", amount=typed)
    if typed == "٣٠٠٠٠٠" and answer.status_code == 303:
        return  # read as the number that it is
    assert answer.status_code == 422
    field = re.search(r'<input[^>]*id="part-virtual_account"[^>]*>', answer.text)[0]
    assert f'value="{typed}"' in field
    assert 'aria-invalid="true"' in field
    assert re.search(r'<span class="error" id="part-virtual_account-error">[^<]+</span>', answer.text)
    assert '<option value="permata" selected>' in answer.text
    assert pushed.attempts(billed) == []


def test_a_wallet_is_opened_at_once_and_can_be_opened_again(client, pushed, billed):
    path = path_of(billed, pushed.at)
    answer = press(client, path, f"{path}/open", channel="ewallet", bank="dana")
    assert answer.status_code == 303
    assert answer.location == pushed.details(billed).link
    assert "Open DANA" in client.get(path).text


def test_the_bank_whose_number_is_open_is_not_offered_once_more(client, pushed, billed):
    path = path_of(billed, pushed.at)
    press(client, path, f"{path}/open", channel="virtual_account", bank="bni")
    page = client.get(path).text
    assert '<option value="bni"' not in page
    assert '<option value="bca"' in page


def test_no_stored_card_is_spoken_of_where_the_gateway_stores_none(client, pushed, billed):
    assert "Sign in to pay with a stored card" not in client.get(path_of(billed, pushed.at)).text


def test_a_part_is_offered_where_the_business_allows_it(client, pushed, billed):
    path = path_of(billed, pushed.at)
    assert "You may pay a part" not in client.get(path).text
    pushed.make.policy(customer_may_pay_part=True)
    assert "You may pay a part" in client.get(path).text
    press(client, path, f"{path}/open", channel="qris", amount="100.000")
    assert pushed.attempts(billed)[0].amount_minor == 100_000


def test_without_a_token_of_the_form_nothing_is_opened(client, session, owed):
    assert client.post(f"{path_of(owed)}/open", data={"channel": "page", "form_key": "a" * 32}).status_code == 400
    assert session.scalar(select(func.count()).select_from(Attempt)) == 0


def test_a_link_is_not_opened_without_end(client, pushed, billed):
    path = path_of(billed, pushed.at)
    answers = [press(client, path, f"{path}/open", channel="virtual_account", bank="bni").status_code for _ in range(8)]
    assert answers[:6] == [303] * 6
    assert answers[-1] == 429
    assert len(pushed.twin.deeds("opened")) == 1


def test_few_queries(client, pushed, billed):
    path = path_of(billed, pushed.at)
    client.get(path)
    for _ in range(2):
        pushed.twin.wait()  # what it tells the portal is counted too
        with counted_queries() as sent:
            assert client.get(path).status_code == 200
        assert len(sent) <= QUERIES, sent
        press(client, path, f"{path}/open", channel="virtual_account", bank="bni")


def test_a_drafts_link_and_a_void_invoices_link_let_nobody_pay(client, session, make, owed):
    session.execute(Invoice.__table__.update().values(status="void"))
    session.commit()
    page = client.get(path_of(owed)).text
    assert "Void" in page
    assert "/open" not in page.partition("<main")[2]
    assert session.scalar(select(func.count()).select_from(Attempt).where(Attempt.status == AttemptStatus.SENDING)) == 0


@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "null"}, False),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, False),
    ],
)
def test_a_page_without_referrer_posts_with_no_origin_and_others_do_not(client, pushed, billed, headers, is_taken):
    path = path_of(billed, pushed.at)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)[1]
    sent = {"csrf_token": token, "form_key": "a" * 32, "channel": "qris"}
    assert client.post(f"{path}/open", data=sent, headers=headers).status_code == (303 if is_taken else 403)
    assert len(pushed.attempts(billed)) == is_taken
