"""Who may import what, beyond the contracts of pyproject.toml."""

import ast

from tests.house.source import ROOT, belongs_to, functions, imports, is_below, modules, verdict

# A library → the only places that may know it.
ONLY_IN = {
    "rq": ("jobs/", "portal/cli/"),
    "weasyprint": ("portal/invoicing/documents.py",),
    "requests": ("portal/gateways/", "portal/notifications/delivery.py", "portal/simulation/"),
    "urllib3": ("portal/gateways/", "portal/notifications/delivery.py"),
    "smtplib": ("portal/notifications/",),
    "urllib.request": ("portal/local/", "portal/twins/", "portal/cli/"),
    "http.client": ("portal/twins/", "portal/gateways/"),
    "flask": (
        "wsgi.py", "portal/app.py", "portal/bare.py", "portal/web/", "portal/cli/", "portal/core/db.py",
        "portal/core/clock.py", "portal/core/secrets.py", "jobs/app.py",
    ),
    "flask_login": ("portal/web/",),
    "flask_wtf": ("portal/web/",),
    "wtforms": ("portal/web/",),
    "htmx_flask": ("portal/web/htmx.py",),
    "flask_migrate": ("portal/app.py", "portal/cli/"),
    "honcho": ("portal/local/",),
    "aiosmtpd": ("portal/local/",),
    "PIL": ("portal/banking/uploads.py",),
}  # fmt: skip

# Nothing but rules: no clock, no database, no settings. They may import each other and plain libraries.
PURE = (
    "portal/core/money.py", "portal/core/periods.py", "portal/core/days.py", "portal/core/states.py",
    "portal/core/errors.py", "portal/core/actors.py", "portal/core/ids.py", "portal/core/chain.py",
    "portal/core/formats.py", "portal/identity/permissions.py", "portal/catalogue/pricing.py",
    "portal/subscriptions/states.py", "portal/subscriptions/schedule.py", "portal/subscriptions/entitlements.py",
    "portal/quotes/states.py", "portal/credits/allocation.py", "portal/runs/states.py", "portal/runs/stoplines.py",
    "portal/journal/accounts.py", "portal/invoicing/states.py", "portal/invoicing/proration.py",
    "portal/invoicing/taxes.py", "portal/invoicing/totals.py", "portal/invoicing/derivation.py",
    "portal/payments/states.py", "portal/payments/allocation.py", "portal/payments/matching.py",
    "portal/reconciling/states.py", "portal/reconciling/kinds.py",
    "portal/dunning/states.py", "portal/dunning/policy.py", "portal/gateways/base.py", "portal/gateways/words.py",
    "portal/notifications/states.py",
    "portal/banking/proof_states.py", "portal/banking/matching.py", "portal/banking/uploads.py",
    "portal/banking/statements/states.py", "portal/banking/statements/lines.py", "portal/banking/statements/figures.py",
    "portal/banking/statements/mapping.py", "portal/banking/statements/csv_rows.py",
    "portal/banking/statements/camt.py", "portal/banking/statements/xml_tree.py",
    "portal/banking/states.py", "portal/banking/iban.py", "portal/banking/epc.py", "portal/invoicing/references.py",
)  # fmt: skip
NOT_PURE = ("flask", "sqlalchemy", "rq", "redis", "requests", "psycopg", "os", "portal.core.clock", "portal.core.db")

# Asking a gateway takes three beats, and the last is a transaction of its own: these may follow one upon the other.
SEQUENCES = {
    "portal/actions/charge_invoices.py": "portal.actions.settle_payments",
    "portal/actions/resolve_attempts.py": "portal.actions.settle_payments",
    "portal/actions/receive_gateway_news.py": ("portal.actions.resolve_attempts", "portal.actions.hear_of_returns"),
    "portal/actions/hear_of_returns.py": ("portal.actions.resolve_refunds", "portal.actions.resolve_disputes"),
    "portal/actions/ask_difference.py": (
        "portal.actions.resolve_attempts",
        "portal.actions.resolve_refunds",
        "portal.actions.resolve_disputes",
    ),
    "portal/actions/open_payable.py": "portal.actions.resolve_attempts",
    "portal/actions/pay_invoice.py": "portal.actions.resolve_attempts",
    "portal/actions/start_checkout.py": "portal.actions.open_payable",
}


def _followings(path: str) -> tuple[str, ...]:
    """The actions that one action leads to."""
    found = SEQUENCES.get(path, ())
    return (found,) if isinstance(found, str) else found


CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time")
# A gateway's answer may name an epoch second up to which to wait: that is wall time, told by its clock.
MAY_READ_A_CLOCK = ("portal/core/clock.py", "portal/local/", "portal/twins/", "portal/gateways/paystack_answers.py")
MAY_READ_THE_ENVIRONMENT = ("portal/core/settings.py", "portal/local/", "portal/twins/", "portal/cli/", "jobs/")


def test_imports_stand_at_the_top_of_the_file():
    faults = [
        f"{path}:{line} imports {name} inside {function.name}()"
        for path, tree in modules("portal", "jobs").items()
        for function in functions(tree)
        for name, line in imports(function)
    ]
    verdict(faults, "Move the import to the top; if that is a circle, a piece lives on the wrong floor:")


def test_each_library_is_known_only_where_it_belongs():
    faults = [
        f"{path}:{line} imports {name}; only {', '.join(places)} may"
        for path, tree in modules("portal", "jobs").items()
        for name, line in imports(tree)
        for library, places in ONLY_IN.items()
        if belongs_to(name, library) and not is_below(path, places)
    ]
    verdict(faults, "Ask the file that knows the library instead:")


def test_pure_files_import_only_pure_files():
    trees = modules("portal")
    faults = [
        f"{path}:{line} imports {name}"
        for path in PURE
        if path in trees
        for name, line in imports(trees[path])
        if any(belongs_to(name, library) for library in NOT_PURE)
        or (belongs_to(name, "portal") and _file_of(name) not in PURE)
    ]
    verdict(faults, "Pass the value in instead; a rule knows no database, no clock and no settings:")


def test_every_table_of_states_is_pure():
    listed = [path for path in modules("portal") if path.endswith("/states.py")]
    verdict([path for path in listed if path not in PURE], "Add it to PURE:")


def test_an_action_imports_no_other_action():
    faults = [
        f"{path}:{line} imports {name}"
        for path, tree in modules("portal/actions").items()
        for name, line in imports(tree)
        if belongs_to(name, "portal.actions") and not name.split(".")[2].startswith("_")
        if not any(belongs_to(name, following) for following in _followings(path))
    ]
    verdict(faults, "Move the shared step to a file with a leading underscore; it never commits:")


def test_stand_ins_share_nothing_with_the_accused_but_money():
    faults = [
        f"{path}:{line} imports {name}"
        for path, tree in modules("portal/twins").items()
        for name, line in imports(tree)
        if belongs_to(name, "portal")
        and not belongs_to(name, "portal.twins")
        and not belongs_to(name, "portal.core.money")
    ]
    verdict(faults, "A witness must not share code with the accused; write it again here:")


def test_only_the_clock_knows_what_time_it_is():
    faults = [
        f"{path}:{node.lineno} calls {ast.unparse(node.func)}()"
        for path, tree in modules("portal", "jobs").items()
        if not is_below(path, MAY_READ_A_CLOCK)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(CLOCKS)
    ]
    verdict(faults, "Take `at` as an argument; a door asks clock.now() or clock.wall():")


def test_only_settings_read_the_environment():
    faults = [
        f"{path}:{node.lineno}"
        for path, tree in modules("portal", "jobs").items()
        if not is_below(path, MAY_READ_THE_ENVIRONMENT)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv")
    ]
    verdict(faults, "Add a field to Settings and pass it in:")


def _file_of(name: str) -> str:
    """`portal.core.money.Money` → portal/core/money.py, whether a module or a thing in it was named."""
    parts = name.split(".")
    while parts:
        path = "/".join(parts) + ".py"
        if (ROOT / path).exists():
            return path
        parts.pop()
    return name
