"""A person changes what they are called and in which language they read."""

from datetime import datetime

from portal.core import audit
from portal.core.actors import Actor
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.core.formats import LANGUAGES
from portal.identity.queries import lock


def edit_profile(user_id: int, *, name: str, language: str, actor: Actor, at: datetime) -> None:
    """Takes effect at the next page and the next mail. Nothing changed leaves no trace."""
    if not name.strip():
        raise Invalid("Tell us your name.", field="name")
    if language not in LANGUAGES:
        raise Invalid("Choose a language of the list.", field="language")
    with transaction() as session:
        user = lock(session, user_id)
        before = {"name": user.name, "language": user.language}
        after = {"name": name.strip(), "language": language}
        if before == after:
            return
        user.name, user.language = after["name"], after["language"]
        audit.record_personal(session, actor, "user.edited", at=at, customer_id=None, before=before, after=after)
