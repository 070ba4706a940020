"""Files that people uploaded, handed over so that no browser runs or shows anything in them."""

from flask import Response

from portal.banking.proof_files import proof_store
from portal.banking.proof_models import TransferProof
from portal.banking.uploads import ENDINGS
from portal.core.errors import NotFound

POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def file_answer(name: str | None, media_type: str, called: str) -> Response:
    """The file kept under `name` as an attachment called `called`; its type is what its content was found to be."""
    content = proof_store().get(name) if name else None
    if content is None:
        raise NotFound("There is no such file, or not any more.")
    answer = Response(content, mimetype=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{called}.{ENDINGS.get(media_type, "bin")}"'
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def proof_answer(proof: TransferProof) -> Response:
    return file_answer(proof.file_name, proof.media_type, proof.ref)
