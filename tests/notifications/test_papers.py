"""Papers: the same to the byte whenever they are made, right in every currency, and made of nothing but our files."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pypdf
import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.actions.relay_outbox import relay_outbox
from portal.actions.render_documents import render_documents
from portal.actions.request_document import request_document
from portal.actions.send_messages import send_messages
from portal.core import business
from portal.core.formats import LANGUAGES, SYMBOLS, formats
from portal.core.money import Money
from portal.core.settings import current
from portal.core.tasks import open_tasks
from portal.invoicing import queries as invoicing
from portal.invoicing import reversal
from portal.invoicing.documents import ALLOWED, OnlyOurFiles, pdf_of
from portal.invoicing.drafting import for_switch
from portal.invoicing.files import Folder, digest_of, store
from portal.invoicing.models import Document
from portal.invoicing.states import InvoiceStatus
from portal.local.mails import Mails
from portal.notifications.papers import html_for, receipt_subject
from tests.notifications.world import NOON, PERIOD, World

Make = Callable[..., World]


def words_of(content: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(content))
    return "\n".join(page.extract_text() for page in reader.pages)


def printed(subject: str, language: str = "en") -> bytes:
    assert request_document(subject, language, at=NOON) is None
    assert render_documents(limit=10, at=NOON) == 1
    digest = request_document(subject, language, at=NOON)
    assert digest is not None
    content = store().get(digest)
    assert content is not None
    return content


def test_an_invoice_is_printed_once_and_found_by_its_digest(world: World, session: Session):
    invoice = world.bill(due_days=7)
    content = printed(invoice.ref)
    words = words_of(content)
    for said in ("Invoice", str(invoice.label), "Kaya Data Ltd", "Ibadan Insights", "₦48,375.00", "5 × ₦9,000.00"):
        assert said in words
    assert "To pay by 10 November 2026" in words
    row = session.scalars(select(Document)).one()
    assert (row.digest, row.size, row.next_action_at) == (digest_of(content), len(content), None)
    assert render_documents(limit=10, at=NOON) == 0


def test_a_lost_file_is_made_again_to_the_byte_whatever_happened_since(world: World, session: Session):
    invoice = world.bill(due_days=7)
    before = printed(invoice.ref)
    world.pay(invoice, at=NOON + timedelta(days=2))
    for file in Path(current().files_dir).rglob("*"):
        if file.is_file():
            file.unlink()
    assert printed(invoice.ref) == before
    assert open_tasks(session) == []


def test_a_paper_that_came_out_differently_is_reported(world: World, session: Session):
    invoice = world.bill()
    printed(invoice.ref)
    session.execute(update(Document).values(digest="0" * 64, next_action_at=NOON))
    session.commit()
    render_documents(limit=10, at=NOON)
    assert [task.kind for task in open_tasks(session)] == ["document.differs"]


def test_the_receipt_says_what_paid_it(world: World):
    invoice = world.bill()
    first = world.pay(invoice, minor=1_000_000)
    last = world.pay(invoice, at=NOON + timedelta(days=1))
    words = words_of(printed(receipt_subject(invoice.ref, last.ref)))
    assert "Paid in full on 4 November 2026" in words
    assert "−₦10,000.00" in words
    assert "−₦38,375.00" in words
    assert "Paid by Visa ending 4081, 3 November 2026" in words
    assert "₦0.00" in words
    assert first.ref not in words


def test_a_void_or_draft_invoice_has_what_it_had(world: World, session: Session):
    invoice = world.bill()
    before = html_for(session, invoice.ref, "en")
    invoice.status = InvoiceStatus.VOID
    session.commit()
    assert html_for(session, invoice.ref, "en") == before


def test_a_credit_note_is_a_paper_of_its_own(world: World, session: Session):
    invoice = world.bill()
    world.pay(invoice)
    (charged,) = invoicing.charged_lines(session, world.subscription.id, date(2026, 11, 18))
    buyer = invoicing.buyer(world.customer, invoicing.tax_book(session))
    draft = for_switch(
        buyer, [charged], [], PERIOD, date(2026, 11, 18), subscription_id=world.subscription.id, currency="NGN"
    )
    notes = reversal.credit_to_balance(
        session, draft, reason="Fewer seats", business=business.read(session), at=NOON + timedelta(days=15)
    )
    session.commit()
    words = words_of(printed(notes[0].ref))
    for said in ("Credit note", notes[0].label, str(invoice.label), "Fewer seats", "15 of 30 days of the ₦45,000.00"):
        assert said in words
    assert "₦24,187.50 goes to your balance" in words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("currency", sorted(SYMBOLS))
def test_every_currency_reads_as_it_is_written(make: Make, currency: str, language: str):
    world = make(currency=currency, language=language)
    invoice = world.bill()
    content = printed(invoice.ref, language)
    written = formats(language, "UTC").money(Money(invoice.total_minor, currency))
    assert _plain(written) in _plain(words_of(content))


def test_the_signs_of_money_are_drawn_and_are_not_boxes():
    """A sign that a face lacks is drawn as the same box for all: each must differ from the box and from the rest."""
    signs = "₦₵₹€£¥$"
    pictures = {sign: _picture(sign) for sign in signs}
    box = _picture("\U000fffff")
    assert len(set(pictures.values())) == len(signs)
    assert all(picture != box and any(picture) for picture in pictures.values())


def test_the_pdf_is_tagged_and_says_its_language(make: Make):
    content = printed(make(language="fr").bill().ref, "fr")
    reader = pypdf.PdfReader(io.BytesIO(content))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert str(reader.trailer["/Root"]["/Lang"]) == "fr"
    assert reader.metadata is not None
    assert reader.metadata.title.startswith("Facture")


@pytest.mark.parametrize(
    "name",
    [
        "<img src='file:///etc/passwd'>",
        "<link rel=stylesheet href='http://127.0.0.1:1/x.css'>",
        "</title><style>@import url(file:///etc/hostname);</style>",
        "<object data='http://169.254.169.254/latest'></object>",
        "{{ 7 * 7 }} {% include 'errors/500.html' %}",
    ],
)
def test_a_hostile_name_is_printed_as_it_is(make: Make, session: Session, name: str):
    invoice = make(name=name).bill()
    html = html_for(session, invoice.ref, "en")
    assert name not in html or "{" in name
    assert _plain(name) in _plain(words_of(printed(invoice.ref)))


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "http://127.0.0.1/", "https://example.com/a.css", "ftp://x/y", "data:text/css,a{}",
     "https://static.invalid/css/print.css", "https://static.invalid/font/../../core/settings.py"],
)  # fmt: skip
def test_the_fetcher_refuses_everything_but_the_faces(url: str):
    with pytest.raises(ValueError, match="nothing but our own files"):
        OnlyOurFiles().fetch(url)
    assert all(path.is_file() for path in ALLOWED.values())


def test_what_html_asks_for_is_not_fetched():
    html = (
        "<html><body><img src='file:///etc/passwd'><style>@import 'http://127.0.0.1:1/';</style><p>ok</p></body></html>"
    )
    assert "ok" in words_of(pdf_of(html, identifier="x"))


def test_five_hundred_lines_and_endless_words_are_printed(make: Make):
    world = make(name="Wondrously" * 30, address="Street " * 60)
    world.plan.name = "Enormous" * 20
    reader = pypdf.PdfReader(io.BytesIO(printed(world.bill().ref)))
    assert len(reader.pages) >= 1


def test_a_paper_that_fails_holds_up_no_other_and_leaves_a_task(world: World, session: Session, app: Flask):
    request_document("inv_nothere", "en", at=NOON)
    invoice = world.bill()
    request_document(invoice.ref, "en", at=NOON)
    assert render_documents(limit=10, at=NOON) == 2
    assert request_document(invoice.ref, "en", at=NOON) is not None
    assert [(task.kind, task.subject) for task in open_tasks(session)] == [("document.failed", "inv_nothere")]
    assert render_documents(limit=10, at=NOON) == 0


def test_a_mail_waits_for_its_paper_but_not_for_ever(world: World, session: Session, mails: Mails):
    invoice = world.bill()
    world.happened("invoice.paid", invoice=invoice.ref, payment=world.pay(invoice).ref)
    relay_outbox(limit=10, at=NOON)
    assert send_messages(limit=10, at=NOON) == 0
    session.execute(update(Document).values(next_action_at=NOON + timedelta(days=1)))
    session.commit()
    for hours in (1, 2):
        send_messages(limit=10, at=NOON + timedelta(hours=hours))
    (letter,) = mails.found()
    assert letter.attachments == []


def test_a_store_keeps_bytes_by_their_digest(tmp_path: Path):
    folder = Folder(tmp_path)
    digest = folder.put(b"paper")
    assert folder.put(b"paper") == digest
    assert folder.get(digest) == b"paper"
    assert folder.exists(digest)
    next(file for file in tmp_path.rglob("*") if file.is_file()).write_bytes(b"torn")
    assert folder.get(digest) is None
    assert folder.get("0" * 64) is None
    with pytest.raises(ValueError, match="hex"):
        folder.get("../../etc/passwd")


def test_the_companys_colour_stands_on_the_paper(world: World, session: Session):
    invoice = world.bill()
    house = business.read(session)
    house.accent = "#0a6f45"
    session.commit()
    assert "#0a6f45" in html_for(session, invoice.ref, "en")
    house.accent = "red;}</svg>"
    session.commit()
    assert "red;}" not in html_for(session, invoice.ref, "en")


def _plain(text: str) -> str:
    return "".join(text.split())


def _picture(sign: str) -> bytes:
    html = f"<html><head><title>x</title></head><body><p style='font-size:80pt'>{sign}</p></body></html>"
    document = pypdfium2.PdfDocument(pdf_of(html, identifier="x"))
    page = document[0]
    drawn = page.render(scale=1).to_pil().convert("L").crop((0, 0, 300, 300)).tobytes()
    page.close()
    document.close()
    return bytes(drawn)
