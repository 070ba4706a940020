"""The inbox of `./run`: what goes in by SMTP is seen on the page, and nothing on the page can do harm."""

import smtplib
from email.message import EmailMessage

import pytest
from werkzeug.test import Client

from portal.local.mailbox import Inbox
from portal.local.mails import Mails


@pytest.fixture
def kept(tmp_path) -> Mails:
    return Mails(tmp_path / "mails", most=20)


@pytest.fixture
def web(kept) -> Client:
    return Client(Inbox(kept))


def letter(subject: str = "Your receipt", html: str = "<p>Paid</p>") -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "billing@portal.example", "ada@example.com"
    message.set_content("Paid: ₦1,250.00\nhttp://localhost/receipt")
    message.add_alternative(html, subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="receipt ₦.pdf")
    return bytes(message)


def test_a_letter_sent_by_smtp_is_kept_with_its_envelope(settings, mails):
    port = int(settings.smtp_url.rpartition(":")[2])
    with smtplib.SMTP("127.0.0.1", port) as connection:
        connection.sendmail("billing@portal.example", ["ada@example.com", "audit@example.com"], letter())
    (found,) = mails.found(to="AUDIT@")
    assert found.to == ["ada@example.com", "audit@example.com"]
    assert found.attachments == ["receipt ₦.pdf"]


def test_the_list_is_newest_first_and_searched_by_recipient_and_subject(kept, web):
    for number in range(3):
        kept.keep("billing@portal.example", [f"c{number}@example.com"], letter(f"Receipt {number}"))
    page = web.get("/").text
    assert page.index("Receipt 2") < page.index("Receipt 0")
    found = web.get("/api/messages?to=C1@").json
    assert (found["total"], found["messages"][0]["subject"]) == (1, "Receipt 1")
    assert web.get("/api/messages?subject=receipt+2").json["total"] == 1


def test_one_letter_is_shown_whole(kept, web):
    ident = kept.keep("billing@portal.example", ["ada@example.com"], letter()).id
    page = web.get(f"/messages/{ident}").text
    assert "₦1,250.00" in page
    assert 'href="http://localhost/receipt"' in page
    attached = web.get(f"/messages/{ident}/attachments/1")
    assert attached.data == b"%PDF-1.7"
    assert attached.headers["Content-Disposition"].startswith("attachment;")
    assert (
        web.get(f"/messages/{ident}/raw").data == letter() or b"Your receipt" in web.get(f"/messages/{ident}/raw").data
    )
    assert "Paid" in web.get(f"/api/messages/{ident}").json["html"]


def test_the_html_of_a_letter_runs_nothing(kept, web):
    ident = kept.keep("x@example.com", ["ada@example.com"], letter(html="<script>alert(1)</script>")).id
    policy = web.get(f"/messages/{ident}/html").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy


def test_markup_in_a_subject_is_only_text(kept, web):
    kept.keep("x@example.com", ["<b>@example.com"], letter("<img src=x onerror=alert(1)>"))
    assert "<img" not in web.get("/").text


@pytest.mark.parametrize(
    "path", ["/messages/nothing", "/messages/../index", "/messages/x/attachments/1", "/api/messages/0", "/elsewhere"]
)
def test_what_is_not_there_is_not_found(web, path):
    assert web.get(path).status_code == 404


@pytest.mark.parametrize("query", ["page=x", "page=-1", "page=99999999999", "to=%00%ff", "subject=%F0%9F"])
def test_odd_questions_are_answered(web, query):
    assert web.get(f"/?{query}").status_code == 200


def test_other_sites_can_neither_read_nor_delete(kept, web):
    kept.keep("x@example.com", ["ada@example.com"], letter())
    assert web.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert web.post("/clear", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert len(kept.found()) == 1


def test_everything_can_be_deleted(kept, web):
    kept.keep("x@example.com", ["ada@example.com"], letter())
    assert web.delete("/api/messages").status_code == 204
    kept.keep("x@example.com", ["ada@example.com"], letter())
    assert web.post("/clear").status_code == 303
    assert kept.found() == []
    assert list(kept.folder.glob("*.eml")) == []


def test_the_oldest_go_when_there_are_too_many_and_the_rest_survive_a_restart(kept):
    for number in range(25):
        kept.keep("x@example.com", ["ada@example.com"], letter(f"Receipt {number}"))
    subjects = [each.subject for each in Mails(kept.folder, most=20).found()]
    assert subjects[0] == "Receipt 24"
    assert len(subjects) <= 20
    assert len(list(kept.folder.glob("*.eml"))) == len(subjects)


def test_a_line_of_the_index_that_was_cut_short_costs_only_that_letter(kept):
    kept.keep("x@example.com", ["ada@example.com"], letter("whole"))
    with (kept.folder / "index.jsonl").open("a") as index:
        index.write('{"id": "01')
    assert [each.subject for each in Mails(kept.folder).found()] == ["whole"]


def test_a_letter_in_an_unknown_charset_is_shown_as_well_as_it_can_be(kept, web):
    raw = b"Subject: odd\r\nContent-Type: text/plain; charset=x-none\r\n\r\nhello \xff"
    ident = kept.keep("x@example.com", ["ada@example.com"], raw).id
    assert "hello" in web.get(f"/messages/{ident}").text
