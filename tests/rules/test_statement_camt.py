"""camt.053 in its versions, and XML that wants more than to be read."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.banking.statements.camt import is_camt, read
from portal.banking.statements.lines import StatementRefused, fingerprints
from portal.core.money import Money

NAME = {True: "<Dbtr><Pty><Nm>Zuma Ltd</Nm></Pty></Dbtr>", False: "<Dbtr><Nm>Zuma Ltd</Nm></Dbtr>"}
STATUS = {True: "<Sts><Cd>BOOK</Cd></Sts>", False: "<Sts>BOOK</Sts>"}


def transfer(is_late: bool = True, amount: str = "", text: str = "RF71 2026 0000 01", ref: str = "T-1") -> str:
    part = f'<Amt Ccy="EUR">{amount}</Amt>' if amount else ""
    return (
        f"<TxDtls><Refs><AcctSvcrRef>{ref}</AcctSvcrRef><EndToEndId>E2E-1</EndToEndId></Refs>{part}"
        f"<RltdPties>{NAME[is_late]}<DbtrAcct><Id><IBAN>DE02 1203</IBAN></Id></DbtrAcct></RltdPties>"
        f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
    )


def entry(details: str, amount: str = "1234.50", mark: str = "CRDT", is_late: bool = True, more: str = "") -> str:
    return (
        f'<Ntry><NtryRef>1</NtryRef><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>{more or STATUS[is_late]}'
        f"<BookgDt><Dt>2026-03-10</Dt></BookgDt><ValDt><DtTm>2026-03-11T00:00:00Z</DtTm></ValDt>"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def document(entries: str, version: str = "08", account: str = "<Acct><Id><IBAN>DE89 3704</IBAN></Id></Acct>") -> bytes:
    return (
        f'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">'
        f"<BkToCstmrStmt><GrpHdr/><Stmt><Id>1</Id>{account}{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


@pytest.mark.parametrize("version", ["02", "03", "04", "06", "08", "10", "13"])
def test_every_version_says_the_same(version):
    is_late = version >= "08"
    found = read(document(entry(transfer(is_late), is_late=is_late), version), "EUR")
    (line,) = found.lines
    assert found.account == "DE893704"
    assert (line.booked_on, line.value_on) == (date(2026, 3, 10), date(2026, 3, 11))
    assert line.amount == Money(1234_50, "EUR")
    assert (line.name, line.account) == ("Zuma Ltd", "DE021203")
    assert line.reference == "RF71 2026 0000 01 E2E-1"
    assert line.entry_ref == "T-1"


def test_an_entry_of_several_transfers_is_a_line_for_each_if_they_add_up():
    two = transfer(amount="1000.00", ref="T-1") + transfer(amount="234.50", ref="T-2")
    assert [one.amount.minor for one in read(document(entry(two)), "EUR").lines] == [1000_00, 234_50]
    assert len(set(fingerprints(read(document(entry(two)), "EUR").lines))) == 2
    short = transfer(amount="1000.00") + transfer(amount="1.00")
    assert [one.amount.minor for one in read(document(entry(short)), "EUR").lines] == [1234_50]


def test_only_what_is_booked_counts_and_debits_are_negative():
    pending = entry(transfer(), more="<Sts><Cd>PDNG</Cd></Sts>")
    found = read(document(pending + entry(transfer(), mark="DBIT") + entry(transfer(), mark="?")), "EUR")
    assert [one.amount.minor for one in found.lines] == [-1234_50]
    assert [one.row for one in found.wrong] == [3]


def test_wrong_entries_are_named_and_hinder_no_other():
    wrong = entry(transfer(), "1e3") + entry(transfer(), "-5") + entry(transfer(), "0.00") + entry(transfer(), "1.005")
    other = entry(transfer()).replace('Ccy="EUR"', 'Ccy="USD"')
    undated = entry(transfer()).replace("2026-03-1", "2026-02-3")
    found = read(document(wrong + other + undated + entry(transfer())), "EUR")
    assert [one.row for one in found.wrong] == [1, 2, 3, 4, 5, 6]
    assert len(found.lines) == 1


BOMB = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE = {
    "billion laughs": f'<?xml version="1.0"?>{BOMB}<Document>&b;</Document>',
    "external entity": '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document>&x;</Document>',
    "parameter entity": '<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1/x">%p;]><Document/>',
    "external document type": '<!DOCTYPE Document SYSTEM "http://127.0.0.1/x.dtd"><Document/>',
    "quadratic": '<!DOCTYPE d [<!ENTITY a "' + "x" * 5000 + '">]><Document>' + "&a;" * 50 + "</Document>",
    "deep": "<Document>" + "<a>" * 5000 + "</a>" * 5000 + "</Document>",
    "unknown entity": "<Document>&nothing;</Document>",
    "another document": '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>',
    "no namespace": "<Document><BkToCstmrStmt/></Document>",
    "no statement": '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>',
    "html": "<html><script>alert(1)</script></html>",
    "broken": "<Document",
    "nothing": "<!-- -->",
    "inclusion": '<Document xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></Document>',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_xml_that_is_more_than_a_statement_is_refused(name):
    with pytest.raises(StatementRefused):
        read(HOSTILE[name].encode(), "EUR")


def test_statements_of_several_accounts_are_refused():
    two = document(entry(transfer())).decode()
    more = two[two.index("<Stmt>") : two.index("</BkToCstmrStmt>")].replace("DE89 3704", "DE00 0000")
    with pytest.raises(StatementRefused, match="several accounts"):
        read(two.replace("</BkToCstmrStmt>", f"{more}</BkToCstmrStmt>").encode(), "EUR")


@given(some.binary(max_size=300))
def test_no_file_breaks_the_reading(content):
    is_camt(content)
    with pytest.raises(StatementRefused):
        read(b"<" + content, "EUR")


def test_xml_is_told_from_csv():
    assert is_camt(b"\xef\xbb\xbf <?xml")
    assert is_camt("<a/>".encode("utf-16"))
    assert not is_camt(b"Date,Amount\n<x>")
