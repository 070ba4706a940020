"""What every request meets before a view, and every answer before it leaves: default deny."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest

from portal.core.errors import Forbidden
from portal.core.settings import Settings
from portal.gateways.ipaymu_tables import PAGE_HOSTS, WALLET_HOSTS
from portal.identity.permissions import PUBLIC, declared

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BODY_LIMIT = 256 * 1024
FILE_LIMIT = 6 * 1024 * 1024
FIELD_LIMIT = 500

View = TypeVar("View", bound=Callable[..., Any])

csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)


def init_security(app: Flask, settings: Settings) -> None:
    """Bind all checks. Whoever says who is asking (`g.permissions`) must be registered before."""
    app.config.setdefault("MAX_CONTENT_LENGTH", BODY_LIMIT)
    app.config.update(
        MAX_FORM_PARTS=FIELD_LIMIT,
        WTF_CSRF_TIME_LIMIT=None,  # lives and dies with the session
        WTF_CSRF_SSL_STRICT=False,  # the origin check below does not need a Referer
        RATELIMIT_STORAGE_URI=settings.redis_url.replace("unix:", "redis+unix:"),
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_KEY_PREFIX="portal-limits",
    )
    app.extensions["answer_headers"] = _headers(settings)
    app.extensions["own_origin"] = _origin(settings.app_url)
    app.before_request(make_room_for_files)
    app.before_request(refuse_unreadable)
    app.before_request(refuse_foreign_origin)
    app.before_request(enforce_permission)
    csrf.init_app(app)
    limiter.init_app(app)
    app.after_request(_add_headers)


def takes_files(view: View) -> View:
    """Declare a route to which files are sent: its body may be as large as one."""
    view._takes_files = True  # type: ignore[attr-defined]
    return view


def is_permitted(view: Callable[..., Any], permissions: Collection[str]) -> bool:
    """May somebody with these permissions use the view? What declares nothing is nobody's."""
    permit = declared(view)
    return permit is not None and (permit == PUBLIC or permit in permissions)


def make_room_for_files() -> None:
    """Bodies are small everywhere but where a file may come along."""
    view = current_app.view_functions[request.endpoint] if request.endpoint else None
    if getattr(view, "_takes_files", False):
        request.max_content_length = FILE_LIMIT


def refuse_unreadable() -> None:
    """A NUL is in nothing that a person types, and PostgreSQL cannot store one."""
    values = [request.path, *request.args, *request.args.values()]
    if request.method not in SAFE_METHODS:
        request.get_data()  # kept to the byte for whoever stores it raw, before the form is read from it
        values += [*request.form, *(value for held in request.form.listvalues() for value in held)]
    if any("\x00" in value for value in values):
        raise BadRequest


def refuse_foreign_origin() -> None:
    """A page elsewhere may not make the browser post here. Programs send neither header.

    A page that tells nobody its address posts with the origin "null"; that it is ours the browser says beside it.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    is_foreign = site not in {None, "same-origin", "none"}
    own = {current_app.extensions["own_origin"], _origin(request.host_url)}
    if site == "same-origin":
        own.add("null")
    if is_foreign or (origin is not None and origin not in own):
        raise Forbidden("This was sent from another website, so nothing was done.")


def enforce_permission() -> ResponseReturnValue | None:
    """Only who holds what the view declares comes in; strangers are asked to sign in first."""
    if request.endpoint is None:
        return None  # no such page: the answer is 404 for everyone
    view = current_app.view_functions[request.endpoint]
    if is_permitted(view, g.get("permissions", frozenset())):
        return None
    ask_to_sign_in = current_app.extensions.get("ask_to_sign_in")
    if g.get("actor") is None and ask_to_sign_in and declared(view) is not None:
        answer: ResponseReturnValue = ask_to_sign_in()
        return answer
    raise Forbidden("You are not allowed to do this.")


def checkout_origin(gateway_url: str) -> str:
    """Where a gateway's hosted pages live, for forms that lead there; a twin serves its own."""
    origin = _origin(gateway_url)
    return "https://checkout.paystack.com" if origin == "https://api.paystack.co" else origin


def _pay_pages(settings: Settings) -> list[str]:
    """Where forms may lead to be paid: the hosted pages of every gateway and wallets' own.

    Accounts are connected while we run, so all of them are named.
    """
    own = [f"https://{host}" for hosts in PAGE_HOSTS.values() for host in hosts]
    own += [f"https://{host}" for wallet in WALLET_HOSTS for host in (wallet, f"*.{wallet}")]
    given = [_origin(settings.ipaymu_base_url)] if settings.ipaymu_base_url else []
    return sorted({checkout_origin(settings.paystack_base_url), *own, *given})


def _headers(settings: Settings) -> dict[str, str]:
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": " ".join(["'self'", *_pay_pages(settings)]),
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "manifest-src": "'self'",
        "worker-src": "'self'",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if settings.is_https:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


def _add_headers(response: Response) -> Response:
    """A view's own header wins; whatever nobody declared cacheable is not kept anywhere."""
    for name, value in current_app.extensions["answer_headers"].items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
