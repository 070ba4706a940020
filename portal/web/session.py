"""Who is asking: `g.user`, `g.actor`, `g.customer_id`, `g.permissions`, and the frame around their pages.

The cookie carries a signed random token and nothing about the person; everything else is read from the
database on each request, in one statement. Views that anyone may call do not ask, and read nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

from flask import Flask, current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user
from werkzeug.exceptions import HTTPException, Unauthorized
from werkzeug.routing import RequestRedirect

from portal.actions.touch_session import touch_session
from portal.core import clock
from portal.core.actors import Actor, ActorKind
from portal.core.db import db
from portal.core.formats import LANGUAGES
from portal.core.settings import Settings
from portal.customers.members import House, SignedIn, house, who
from portal.identity.permissions import CUSTOMER_SIDE, PUBLIC, declared
from portal.identity.sessions import Device, Moments
from portal.web.frame import Frame
from portal.web.htmx import leave_for, wants_fragment
from portal.web.security import SAFE_METHODS
from portal.web.waiting import hot, numbers
from portal.web.wording import gettext as _

ACCOUNT_HOME = "/account/"
STAFF_HOME = "/billing/"
MACHINE_PATHS = ("/api/", "/hooks/")


def init_session(app: Flask) -> None:
    """Bind the reading of sessions; must come before the check of permissions."""
    manager = LoginManager(app, add_context_processor=False)  # pages read g.user; error pages read nothing
    manager.session_protection = None  # addresses change on the way to work; the row in the database is what counts
    manager.user_loader(_found)
    app.before_request(identify)
    app.extensions["ask_to_sign_in"] = ask_to_sign_in


def identify() -> None:
    """Say who is asking, before anyone checks whether they may."""
    g.permissions, g.actor, g.user, g.customer_id = frozenset(), None, None, None
    permit = declared(current_app.view_functions[request.endpoint]) if request.endpoint else None
    if permit in {None, PUBLIC} or not current_user.is_authenticated:
        return
    user: SignedIn = current_user._get_current_object()
    clock.hold(user.at)
    wall_at = clock.wall()
    if user.is_seen_long_ago(wall_at):
        touch_session(user.session_id, wall_at=wall_at)
    introduce(user, is_account=permit in CUSTOMER_SIDE)


def introduce(user: SignedIn, *, is_account: bool) -> None:
    """What pages read: the person as customer on account pages and as staff elsewhere."""
    customer = user.customer if is_account else None
    g.user = user
    g.permissions = user.permissions
    g.customer_id = customer.customer_id if customer else None
    g.actor = actor_of(user, is_account=is_account)
    g.language = user.language
    g.zone = customer.zone if customer else user.house.zone
    g.frame = replace(
        _bare_frame(user.house),
        person=user.name,
        belongs_to=customer.name if customer else _role_words(user.roles),
        language=user.language,
        zone=g.zone,
        at=None if is_account else clock.now(),
        stopped=() if is_account else user.house.switches,
        numbers={} if is_account else numbers(user.waiting),
        hot=frozenset() if is_account else hot(user.waiting),
        sign_out_path=url_for("sign_in.leave"),
        profile_path=url_for("account_profile.show_profile" if is_account else "staff_profile.show_profile"),
    )


def actor_of(user: SignedIn, *, is_account: bool = False) -> Actor:
    """Whose name stands beside what they do: staff act as customers on account pages only."""
    if user.is_staff and not is_account:
        return Actor.staff(user.user_id, user.name)
    return Actor(ActorKind.CUSTOMER, user.name, user.user_id, user.customer.customer_id if user.customer else None)


def introduce_company() -> None:
    """The frame for pages that nobody needs to be signed in to, in the language their browser asks for."""
    company = house(db.session())
    g.language = request.accept_languages.best_match(LANGUAGES) or company.language
    g.frame = replace(_bare_frame(company), language=g.language)


def speak_as(language: str, zone: str) -> None:
    """A page that nobody needs to be signed in to speaks as its customer does."""
    g.language, g.zone = language, zone
    g.frame = replace(g.frame, language=language, zone=zone)


def visitor() -> SignedIn | None:
    """Who is signed in, for the few public views that want to know."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def begin(token: str, *, is_kept: bool) -> SignedIn:
    """From now on this browser is `token`'s. All it carried before is dropped, the form token included."""
    user = who(db.session(), token, wall_at=clock.wall())
    if user is None:
        raise Unauthorized
    session.clear()
    session.permanent = is_kept
    login_user(user)
    return user


def home_of(user: SignedIn) -> str:
    """Where somebody lands who asked for nothing particular."""
    return STAFF_HOME if user.is_staff else ACCOUNT_HOME


def device() -> Device:
    return Device(address=request.remote_addr or "", agent=request.user_agent.string)


def moments() -> Moments:
    return Moments(at=clock.now(), wall_at=clock.wall())


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def safe_next(target: str) -> str:
    """`target` if it is a page of ours, as a path; else nothing. Whatever a browser might take for another host is."""
    if not target.startswith("/") or target.startswith("//") or any(c in "\\" or ord(c) < 33 for c in target):
        return ""
    parts = urlsplit(target)
    try:
        endpoint, _arguments = current_app.url_map.bind("").match(parts.path, method="GET")
    except (HTTPException, RequestRedirect):
        return ""
    return target if not parts.netloc and declared(current_app.view_functions[endpoint]) != PUBLIC else ""


def ask_to_sign_in() -> ResponseReturnValue:
    """Send a stranger to the sign-in page, and from there back to where they wanted to go."""
    if request.path.startswith(MACHINE_PATHS):
        raise Unauthorized
    wanted = safe_next(_wanted())
    path = url_for("sign_in.show_sign_in") + (f"?{urlencode({'next': wanted})}" if wanted else "")
    if "_user_id" in session:
        session.clear()
        flash(_("You were signed out because nothing happened for a while. Please sign in again."), "warn")
    return leave_for(path) if wants_fragment() else redirect(path)


def _wanted() -> str:
    if wants_fragment():
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
        return f"{shown.path}?{shown.query}" if shown.query else shown.path
    if request.method not in SAFE_METHODS:
        return ""
    path: str = request.full_path
    return path.removesuffix("?")


def _role_words(roles: Sequence[str]) -> str:
    """Roles are rows that staff name as they like: `super_admin` reads Super admin."""
    return ", ".join(_(role.replace("_", " ").capitalize()) for role in roles)


def _found(token: str) -> SignedIn | None:
    return who(db.session(), token, wall_at=clock.wall())


def _bare_frame(company: House) -> Frame:
    return Frame(
        company=company.name,
        legal_line=company.legal_name,
        accent=company.accent,
        zone=company.zone,
        is_test=settings().test_mode,
    )
