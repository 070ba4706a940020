"""For the process that workers are forked from: an application is made once, so that all it imports is there."""

from sqlalchemy.orm import configure_mappers

from portal.bare import bare_app
from portal.core.settings import Settings

configure_mappers()
bare_app(
    Settings(
        database_url="postgresql://nobody@127.0.0.1:1/nothing",
        redis_url="redis://127.0.0.1:1",
        app_url="http://127.0.0.1:1",
        secret_key="a secret that signs nothing, long enough",
        encryption_keys=(),
        smtp_url="smtp://127.0.0.1:1",
        mail_from="billing@portal.example",
        files_dir="/nonexistent",
    )
)
