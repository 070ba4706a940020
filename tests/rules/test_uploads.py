"""Proofs of transfer are what they look like, whatever their name says."""

import io
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from portal.banking import uploads
from portal.banking.proof_files import ProofFolder
from portal.banking.uploads import UploadRefused, checked
from tests.rules.polyglots import CLEANED, REFUSED, packed, pdf, picture


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_pretends_is_refused(name):
    with pytest.raises(UploadRefused) as refused:
        checked(REFUSED[name])
    assert refused.value.field == "file"


@pytest.mark.parametrize("name", CLEANED)
def test_of_a_picture_only_its_pixels_are_kept(name):
    kept = checked(CLEANED[name])
    assert b"script" not in kept.content
    assert b"PK\x03\x04" not in kept.content
    assert kept.digest == sha256(CLEANED[name]).hexdigest()
    with Image.open(io.BytesIO(kept.content)) as drawn:
        assert (drawn.mode, drawn.size) == ("RGB", (40, 30))
        assert Image.MIME[drawn.format] == kept.media_type


def test_a_plain_pdf_is_kept_to_the_byte():
    for sent in (pdf(), packed(b"1 0 << /Type /Catalog >>"), pdf(b"/Title (JS Bank, /URI)")):
        kept = checked(sent)
        assert (kept.content, kept.media_type) == (sent, "application/pdf")


def test_large_pictures_are_made_smaller_and_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    kept = checked(picture("JPEG", (3000, 1000), exif=exif))
    with Image.open(io.BytesIO(kept.content)) as drawn:
        assert drawn.size == (800, 2400)
        assert not drawn.getexif()


def test_a_file_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST", 20)
    with pytest.raises(UploadRefused, match="5 MB"):
        checked(picture())


def test_a_pdf_that_unpacks_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(uploads, "UNPACKED_AT_MOST", 10_000)
    with pytest.raises(UploadRefused):
        checked(packed(b"\0" * 1_000_000))


@given(some.sampled_from([b"", b"%PDF-1.4\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]), some.binary(max_size=300))
def test_no_file_breaks_the_check(head, rest):
    with pytest.raises(UploadRefused):
        checked(head + rest)


@given(some.integers(0, 400), some.binary(min_size=1, max_size=8), some.sampled_from(["PNG", "JPEG"]))
def test_no_damaged_picture_breaks_the_check(place, damage, form):
    sent = picture(form)
    try:
        kept = checked(sent[:place] + damage + sent[place + len(damage) :])
    except UploadRefused:
        return
    assert kept.media_type.startswith("image/")


def test_the_same_file_lies_under_two_names_that_say_nothing(tmp_path):
    store = ProofFolder(tmp_path)
    one, other = store.put(b"x"), store.put(b"x")
    assert one != other
    assert store.get(one) == store.get(other) == b"x"
    store.remove(one)
    store.remove(one)
    assert (store.get(one), store.get(other)) == (None, b"x")
    for name in ("../../etc/passwd", "", "a" * 39, "A" * 40):
        with pytest.raises(ValueError, match="40 hex digits"):
            store.get(name)
