"""Bank statements: uploaded, looked at, imported, and what became of each line."""

import io
import re

import pytest

from portal.actions.import_lines import import_lines
from portal.actions.match_lines import match_lines
from portal.banking.statements import importing
from portal.banking.statements.models import BankLine, CsvLayout, StatementImport
from portal.banking.statements.states import ImportStatus
from portal.identity.models import User
from portal.invoicing.references import printed
from portal.invoicing.states import InvoiceStatus
from portal.web import security
from tests.factories import NOON, STAFF
from tests.owing import owing
from tests.rules.test_statement_camt import HOSTILE, document, entry, transfer
from tests.web.staff_world import HTMX, QUERIES, enter_as, queries_of

LIST = "/billing/statements"
CSV = "Buchung;Betrag;Name;Zweck\n09.03.2026;45.000,00;Zuma;{}\n09.03.2026;-5,00;Bank;fee\n09.03.2026;7,50;x;y\n"
LAYOUT = {
    "encoding": "utf-8", "delimiter": ";", "date_form": "D.M.Y", "decimal": ",", "sign": "signed", "skipped": "1",
    "booked_on": "0", "value_on": "", "amount": "1", "debit": "", "credit": "", "mark": "", "name": "2", "account": "",
    "entry_ref": "", "currency": "", "reference": "3",
}  # fmt: skip


@pytest.fixture
def staff(session, reader, travel):
    travel(NOON)
    return enter_as(session, reader, "billing")


@pytest.fixture
def send(staff, make):
    """send(content, …): post a file to the account."""

    def sent(content, *, name="march.csv", account=None):
        file = (io.BytesIO(content if isinstance(content, bytes) else content.encode()), name)
        return staff.post(LIST, file=file, account=account or make.bank().ref)

    return sent


def take_in():
    import_lines(limit=100, actor=STAFF, at=NOON)
    match_lines(limit=100, actor=STAFF, at=NOON)


def test_without_statements_the_list_says_what_belongs_there(staff, make):
    assert "There is no open bank account yet." in staff.get(LIST).text
    make.bank()
    page = staff.get(LIST).text
    assert "No statement yet" in page
    assert 'enctype="multipart/form-data"' in page


def test_a_csv_is_looked_at_then_imported_and_its_layout_is_known_the_next_time(session, staff, make, send):
    invoice = owing(make)
    path = send(CSV.format(printed(invoice.payment_reference))).location
    page = staff.get(path).text
    assert "45.000,00" in page
    assert "Nothing is booked yet." in page
    page = staff.post(path, look="y", **LAYOUT).text
    assert '45,000<span class="d">.00' in page
    assert "Import 3 lines" in page
    assert session.query(BankLine).count() == 0
    answer = staff.post(path, **LAYOUT)
    assert (answer.status_code, answer.location) == (303, path)
    assert "0 of 3 lines are in." in staff.get(path).text
    take_in()
    session.refresh(invoice)
    assert invoice.status is InvoiceStatus.PAID
    page = staff.get(path).text
    for words in ("Matched", "Money out", "No owner yet", "1 waits in the inbox"):
        assert words in page
    assert '7<span class="d">.50' in staff.get(f"{path}?state=open").text
    assert '7<span class="d">.50' not in staff.get(f"{path}?state=matched").text
    assert staff.get(f"{path}?state=x").status_code == 422
    assert send(CSV.format(printed(invoice.payment_reference))).location == path
    again = send("a;b;c;d\n10.03.2026;1,00;;\n").location
    assert "Import 1 line" in staff.get(again).text
    assert session.query(CsvLayout).count() == 1


def test_rows_that_cannot_be_read_are_shown_and_left_out_on_purpose(session, staff, send):
    path = send(CSV.format("x") + "99.99.2026;1,00;;\n10.03.2026;NaN;;\n").location
    page = staff.post(path, look="y", **LAYOUT).text
    for words in ("is no booking day", "is no amount", "Leave out the 2 rows"):
        assert words in page
    answer = staff.post(path, **LAYOUT)
    assert (answer.status_code, "leave them out" in answer.text) == (422, True)
    assert staff.post(path, leave_out="y", **LAYOUT).status_code == 303
    take_in()
    assert session.query(BankLine).count() == 3


@pytest.mark.parametrize(
    "wrong",
    [{"encoding": "rot13"}, {"delimiter": "::"}, {"skipped": "-1"}, {"skipped": "9999"}, {"booked_on": ""},
     {"amount": "99"}, {"sign": "columns"}, {"date_form": "%s"}, {"reference": "77"}, {"more": "x"}],
)  # fmt: skip
def test_a_layout_that_cannot_be_is_refused_beside_its_field(session, staff, send, wrong):
    path = send(CSV.format("x")).location
    answer = staff.post(path, **(LAYOUT | wrong))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert session.query(StatementImport).one().status is ImportStatus.DRAFT


def test_a_camt_file_needs_no_layout(session, staff, make, send):
    account = make.bank("EUR", number="DE893704")
    path = send(document(entry(transfer())), name="s.xml", account=account.ref).location
    page = staff.get(path).text
    assert "Zuma Ltd" in page
    assert "Import 1 line" in page
    assert staff.post(path, more="x").status_code == 422
    assert staff.post(path).status_code == 303
    take_in()
    assert session.query(BankLine).one().name == "Zuma Ltd"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused_at_the_door(session, staff, send, name):
    answer = send(HOSTILE[name], name="s.xml")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert session.query(StatementImport).count() == 0


def test_what_is_no_statement_is_refused(staff, make, send, monkeypatch):
    monkeypatch.setattr(importing, "LARGEST", 10_000)
    monkeypatch.setattr(security, "FILE_LIMIT", 100_000)
    assert send("").status_code == 422
    assert "larger than" in send("x" * 10_001).text
    assert send("x" * 110_000).status_code == 413
    assert send("a,b", account="bnk_none").status_code == 422
    assert staff.post(LIST, account=make.bank().ref).status_code == 422
    assert staff.get(f"{LIST}/bs_none").status_code == 404


def test_a_name_is_only_a_name(session, staff, send):
    send("a,b\n1,2", name="../../etc/<script>alert(1)</script>.csv")
    page = staff.get(LIST).text
    assert "<script>alert" not in page
    assert "/" not in session.query(StatementImport).one().file_name


def test_formulas_of_a_payer_stay_text(staff, send):
    path = send(CSV.format('=HYPERLINK("http://x")')).location
    page = staff.post(path, look="y", **LAYOUT).text
    assert "=HYPERLINK(&#34;http://x&#34;)" in page


def test_nothing_of_an_abandoned_one_is_booked(staff, send):
    path = send(CSV.format("x")).location
    assert staff.post(f"{path}/abandon", seen=path).status_code == 303
    assert "Not imported" in staff.get(LIST).text
    assert staff.post(path, **LAYOUT).status_code == 303


def test_a_match_is_undone_from_the_statement(session, staff, make, send):
    invoice = owing(make)
    path = send(CSV.format(invoice.payment_reference)).location
    staff.post(path, **LAYOUT)
    take_in()
    line = session.query(BankLine).filter(BankLine.name == "Zuma").one()
    assert staff.post(f"{path}/lines/{line.ref}/undo", seen=path, reason="").status_code == 422
    answer = staff.post(f"{path}/lines/{line.ref}/undo", seen=path, reason="wrong customer")
    assert "waits in the inbox again" in staff.get(answer.location).text
    session.refresh(invoice)
    assert invoice.status is InvoiceStatus.ISSUED
    assert staff.post(f"{path}/lines/{line.ref}/undo", seen=path, reason="again").status_code == 409


def test_pages_ask_few_questions_and_support_only_looks(session, reader, staff, make, send):
    owing(make)
    path = send(CSV.format("x") + "10.03.2026;1,00;a;b\n" * 40).location
    assert queries_of(staff, path) <= QUERIES
    staff.post(path, **LAYOUT)
    take_in()
    assert queries_of(staff, path) <= QUERIES
    assert queries_of(staff, LIST) <= QUERIES
    assert "<html" not in staff.client.get(path, headers=HTMX).text
    looking = enter_as(session, reader, "support")
    assert "Undo" not in looking.get(path).text.split("<tbody>")[1]
    assert "multipart" not in looking.get(LIST).text
    assert looking.post(LIST, seen=LIST).status_code == 403
    assert looking.post(path, seen=LIST, **LAYOUT).status_code == 403


@pytest.mark.parametrize(("language", "said"), [("id", "bukan tanggal pembukuan"), ("fr", "n’est pas une date")])
def test_why_a_row_cannot_be_read_is_said_in_the_readers_language(session, staff, send, language, said):
    path = send(CSV.format("x") + "99.99.2026;1,00;;\n").location
    session.query(User).update({"language": language})
    session.commit()
    page = staff.post(path, look="y", **LAYOUT).text
    assert said in page
    assert "is no booking day" not in page


def test_a_file_that_is_no_text_says_so_before_anybody_maps_its_columns(staff, send):
    page = staff.get(send("a\x00b;c\n1;2\n").location).text
    assert "This is not a text file." in page
    assert "Import 1 line" not in page


def test_the_page_of_an_import_looks_for_what_is_taken_in_without_loading_itself_anew(staff, send):
    path = send(CSV.format("x")).location
    staff.post(path, **LAYOUT)
    page = staff.get(path).text
    assert "0 of 3 lines are in." in page
    watched = re.search(rf'hx-get="({path}\?seen=[^"]+)"', page)[1]
    assert staff.get(watched, headers=HTMX).status_code == 204
    take_in()
    assert staff.get(watched, headers=HTMX).headers["HX-Redirect"] == path
