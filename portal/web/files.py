"""Files that people uploaded, handed over so that no browser runs or shows anything in them."""

from flask import Response

from portal.banking.proof_files import proof_store
from portal.banking.proof_models import TransferProof
from portal.banking.uploads import ENDINGS
from portal.core.errors import NotFound

POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def proof_answer(proof: TransferProof) -> Response:
    """The file as an attachment under a name of ours; its type is what its content was found to be."""
    content = proof_store().get(proof.file_name)
    if content is None:
        raise NotFound("The file of this proof is not there any more.")
    answer = Response(content, mimetype=proof.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{proof.ref}.{ENDINGS[proof.media_type]}"'
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
