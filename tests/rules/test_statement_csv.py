"""CSV statements as banks write them, and as nobody should."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.banking.statements import csv_rows
from portal.banking.statements.csv_rows import guessed, read, sample
from portal.banking.statements.figures import DATE_FORMS, Unreadable, read_amount, read_day
from portal.banking.statements.lines import StatementRefused, fingerprints
from portal.banking.statements.mapping import ENCODINGS, CsvMapping, MappingRefused
from portal.core.money import Money

COLUMNS = {"booked_on": 0, "amount": 1, "name": 2, "entry_ref": 4}
PLAIN = CsvMapping(columns=COLUMNS, reference=(3,))


def lines(text: str, mapping: CsvMapping = PLAIN, currency: str = "NGN", encoding: str = "utf-8"):
    return read(("head,er\n" + text).encode(encoding), mapping, currency)


def test_a_row_becomes_a_line():
    (line,) = lines('2026-03-10,"45,000.50",Zuma  Analytics,RF71 2026\t0000 01,B-1\n\n').lines
    assert (line.row, line.booked_on, line.value_on) == (2, date(2026, 3, 10), date(2026, 3, 10))
    assert line.amount == Money(45_000_50, "NGN")
    assert (line.name, line.reference, line.entry_ref) == ("Zuma Analytics", "RF71 2026 0000 01", "B-1")


def test_german_style_with_separate_columns():
    mapping = CsvMapping(
        encoding="cp1252", delimiter=";", date_form="D.M.Y", decimal=",", sign="columns", skipped=1,
        columns={"booked_on": 0, "value_on": 1, "debit": 2, "credit": 3, "name": 4}, reference=(5, 6),
    )  # fmt: skip
    text = "10.03.2026;11.03.2026;;1.234,50;Müller & Söhne;eins;zwei\n12.03.2026;;99,-;;x;;\n13.3.2026;;50,00;;x;;"
    found = lines(text, mapping, "EUR", "cp1252")
    assert [line.amount.minor for line in found.lines] == [1_234_50, -50_00]
    assert (found.lines[0].name, found.lines[0].reference) == ("Müller & Söhne", "eins zwei")
    assert [(one.row, "debit" in one.reason) for one in found.wrong] == [(3, True)]


def test_marked_amounts_and_the_currency_of_the_account():
    mapping = CsvMapping(sign="marked", columns={"booked_on": 0, "amount": 1, "mark": 2, "currency": 3})
    rows = ["150000.00,CR,IDR", "5000,D,IDR", "1,CR,USD", "1.50,CR,IDR", "1,?,"]
    text = "\n".join(f"2026-03-10,{row}" for row in rows)
    found = lines(text, mapping, "IDR")
    assert [line.amount.minor for line in found.lines] == [150_000, -5_000]
    assert [one.row for one in found.wrong] == [4, 5, 6]


HOSTILE = [
    *["", "NaN", "inf", "1e9", "0x10", "٤٥", "４５", "1,2,3", "1.000.00", "--5", "1-2", "=1+1", "@x", "1/2", "1_000"],
    *["10 000 0", "9" * 40, "1" * 41, "½", "0.001", "$5", "5 NGN", "\u202e5", "+-1", "()", "( )", "."],
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_amount_is_a_wrong_row_and_stops_no_other(text):
    cell = text.replace('"', '""')
    found = lines(f'2026-03-10,"{cell}",a,b,c\n2026-03-10,5,a,b,c')
    assert [one.row for one in found.wrong] == [2]
    assert [line.row for line in found.lines] == [3]


@pytest.mark.parametrize("text", ["", "2026-02-30", "10.03.2026", "٢٠٢٦-٠٣-١٠", "1999-12-31", "2200-01-01", "x" * 99])
def test_what_is_no_day_is_a_wrong_row(text):
    assert [one.row for one in lines(f"{text},5,a,b,c").wrong] == [2]


@given(some.integers(-(10**14), 10**14), some.sampled_from(["NGN", "IDR", "KWD"]), some.sampled_from(".,"))
def test_every_amount_is_read_back_as_it_was_written(minor, currency, decimal):
    money = Money(minor, currency)
    places = {"NGN": 2, "IDR": 0, "KWD": 3}[currency]
    whole, fraction = divmod(abs(minor), 10**places)
    grouped = f"{whole:,}".replace(",", "." if decimal == "," else ",")
    text = f"{grouped}{decimal}{fraction:0{places}}" if places else grouped
    for written in (f"-{text}", f"{text}-", f"({text})") if minor < 0 else (text, f"+{text}"):
        assert read_amount(written, currency, decimal) == money


@given(some.dates(date(2000, 1, 1), date(2068, 12, 31)), some.sampled_from(sorted(DATE_FORMS)))
def test_every_day_is_read_back_as_it_was_written(on, form):
    assert read_day(on.strftime(DATE_FORMS[form]), form) == on
    assert read_day(on.strftime(DATE_FORMS[form]) + " 14:02:11", form) == on


@given(some.text(max_size=50))
def test_no_text_is_more_than_unreadable(text):
    for form in DATE_FORMS:
        try:
            read_day(text, form)
        except Unreadable:
            continue
    with suppress(Unreadable):
        read_amount(text, "NGN", ".")


@given(some.binary(max_size=400), some.sampled_from(ENCODINGS), some.sampled_from([",", ";", "tab"]))
def test_no_file_breaks_the_reading(content, encoding, delimiter):
    mapping = CsvMapping(encoding=encoding, delimiter=delimiter, columns=COLUMNS, reference=(3,))
    guessed(content)
    with suppress(StatementRefused):
        sample(content, encoding, delimiter)
        read(content, mapping, "NGN")


def test_equal_transfers_of_one_day_are_two_bookings_and_again_the_same_two():
    row = "2026-03-10,5,Zuma,thanks,\n"
    first = list(fingerprints(lines(row * 2).lines))
    assert len(set(first)) == 2
    assert list(fingerprints(lines("2026-03-09,5,Zuma,thanks,\n" + row * 2).lines))[1:] == first


def test_the_banks_own_reference_is_the_booking_whatever_else_is_written():
    one = next(fingerprints(lines("2026-03-10,5,Zuma,thanks,B-1").lines))
    assert next(fingerprints(lines("2026-03-11,5,ZUMA LTD,other words,b1").lines)) == one
    assert next(fingerprints(lines("2026-03-10,6,Zuma,thanks,B-1").lines)) != one


def test_a_mapping_says_what_is_missing_and_survives_being_kept():
    assert CsvMapping.from_json(PLAIN.as_json) == PLAIN
    for wrong in ({"columns": {}}, {"sign": "columns"}, {"date_form": "x"}, {"skipped": 99}, {"encoding": "rot13"},
                  {"columns": {"booked_on": 0, "amount": 99}}, {"columns": COLUMNS | {"__class__": 1}}):  # fmt: skip
        with pytest.raises(MappingRefused):
            CsvMapping(**({"columns": COLUMNS} | wrong))


def test_encoding_and_delimiter_are_guessed():
    assert guessed("Datum;Betrag\n1;Müller".encode("cp1252")) == ("cp1252", ";")
    assert guessed("a\tb\n".encode("utf-16")) == ("utf-16", "tab")
    assert guessed(b"a,b\n") == ("utf-8", ",")


def test_a_field_without_end_is_refused(monkeypatch):
    with pytest.raises(StatementRefused):
        lines('2026-03-10,5,"' + "x" * 5000)
    monkeypatch.setattr(csv_rows, "MOST_LINES", 3)
    with pytest.raises(StatementRefused):
        lines("2026-03-10,5,a,b,c\n" * 4)
