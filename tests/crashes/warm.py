"""For the process that workers are forked from: an application is made once, so that all it imports is there."""

from sqlalchemy.orm import configure_mappers

from portal.app import create_app
from portal.core.settings import Settings

configure_mappers()
create_app(
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
