"""How the house is: every part that must work, what failed, what waits for a person, and the emergency switches."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import Blueprint, flash, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.finish_task import CLOSED_BY_THEIR_CAUSE, finish_task
from portal.actions.prove_books import KIND as BROKEN
from portal.actions.restart_gateway import restart_gateway
from portal.core import clock
from portal.core.db import db
from portal.gateways.registry import gateway_name
from portal.identity.permissions import Permission, requires
from portal.reporting import health, upkeep
from portal.reporting.health import FULL, Beat, Health
from portal.reporting.upkeep import Upkeep
from portal.web.filters import written
from portal.web.forms import only_fields
from portal.web.htmx import see_other, show
from portal.web.session import settings
from portal.web.staff import task_words
from portal.web.staff.listing import reason_given
from portal.web.staff.switches import switch_effect, switch_label
from portal.web.wording import gettext as _
from portal.web.wording import ngettext

bp = Blueprint("staff_health", __name__, url_prefix="/billing/health")

GIB, MIB = 1024**3, 1024**2


class Part(NamedTuple):
    """A part of the house: `state` is a key of the looks of health."""

    name: str
    state: str
    figure: str
    remark: str = ""


@bp.get("")
@requires(Permission.BILLING_READ)
def show_health() -> ResponseReturnValue:
    session, at = db.session(), clock.now()
    places = {"redis_url": settings().redis_url, "files_dir": settings().files_dir}
    seen = health.look(session, **places, at=at, wall_at=clock.wall())
    kept = upkeep.look(session, at)
    return show(
        page="staff/health/health.html",
        fragment="staff/health/_parts.html",
        seen=seen,
        kept=kept,
        parts=_parts(seen, kept),
        proof=_proof(seen),
        broken=sum(task.kind == BROKEN for task in kept.tasks),
        is_done=_is_done,
        tasks=[(task, task_words.shown(task), task.kind in CLOSED_BY_THEIR_CAUSE) for task in kept.tasks],
        switch_label=switch_label,
        switch_effect=switch_effect,
        may_operate=Permission.OPERATIONS_WRITE in g.permissions,
    )


@bp.post("/gateways/<ref>/start")
@requires(Permission.OPERATIONS_WRITE)
def start_gateway(ref: str) -> ResponseReturnValue:
    only_fields("reason")
    restart_gateway(ref, reason=reason_given(), actor=g.actor, at=clock.now())
    flash(_("Started again. What waits is sent now."), "good")
    return see_other(url_for(".show_health"))


@bp.post("/tasks/<int:task_id>/close")
@requires(Permission.OPERATIONS_WRITE)
def close_task(task_id: int) -> ResponseReturnValue:
    only_fields("reason")
    finish_task(task_id, reason=reason_given(), actor=g.actor, at=clock.now())
    flash(_("Closed."), "good")
    return see_other(url_for(".show_health", _anchor="tasks"))


def _parts(seen: Health, kept: Upkeep) -> Sequence[Part]:
    return [
        _scheduler(seen),
        *_queues(seen),
        _last_run(seen),
        _gateways(kept),
        *_stores(seen),
        _mail(seen),
        _time(seen),
    ]


def _scheduler(seen: Health) -> Part:
    beat = next((beat for beat in seen.beats if beat.name == "scheduler"), None)
    said = written().ago(beat.beat_at, seen.wall_at) if beat else _("never seen")
    return Part(_("Scheduler"), "good" if seen.scheduler_is_awake else "bad", said)


def _queues(seen: Health) -> list[Part]:
    if seen.redis.error:
        return [Part(_("Queues"), "unknown", _("Redis does not answer"))]
    words = {"money": _("Money"), "news": _("News"), "messages": _("Messages"), "documents": _("Documents")}
    found = []
    for queue in seen.redis.queues:
        state = "bad" if not queue.workers else "late" if queue.failed else "good"
        figure = _("%(waiting)s waiting, %(running)s running", waiting=queue.waiting, running=queue.running)
        failed = _(", %(failed)s failed", failed=queue.failed) if queue.failed else ""
        working = ngettext("%(n)s worker", "%(n)s workers", queue.workers, n=queue.workers)
        remark = working if queue.workers else _("nobody works on it")
        name = _("Queue: %(name)s", name=words.get(queue.name, queue.name))
        found.append(Part(name, state, figure, remark + failed))
    return found


def _last_run(seen: Health) -> Part:
    run = seen.last_run
    if run is None:
        return Part(_("Last run"), "unknown", _("none yet"))
    states = {"finished": "good", "running": "good", "planned": "good"}
    ended = written().moment(run.finished_at) if run.finished_at else _("under way")
    return Part(_("Last run"), states.get(run.status, "late"), written().moment(run.as_of), ended)


def _gateways(kept: Upkeep) -> Part:
    enabled = [one for one in kept.accounts if one.account.is_enabled]
    if not enabled:
        return Part(_("Gateways"), "bad", _("none is connected"))
    state = "bad" if kept.stopped else "good"
    figure = ", ".join(f"{gateway_name(one.account.gateway)} {one.account.mode}" for one in enabled)
    return Part(_("Gateways"), state, figure, _("stopped") if kept.stopped else "")


def _stores(seen: Health) -> list[Part]:
    base, cache, disk = seen.database, seen.redis, seen.disk
    connections = ngettext("%(n)s connection", "%(n)s connections", base.connections, n=base.connections)
    free = _("%(size)s GB free", size=written().count(disk.free_bytes // GIB))
    full = _("%(share)s%% used", share=round(100 * disk.used_share))
    memory = "" if cache.error else _("%(size)s MB", size=written().count(cache.memory_bytes // MIB))
    return [
        Part(_("Database"), "good", _("%(size)s MB", size=written().count(base.size_bytes // MIB)), connections),
        Part("Redis", "bad" if cache.error else "good", cache.error or cache.version, memory),
        Part(_("Disk"), "bad" if disk.used_share >= FULL else "good", free, full),
    ]


def _mail(seen: Health) -> Part:
    mail = seen.mail
    state = "late" if mail.late or mail.failed_lately else "good"
    last = _("last %(moment)s", moment=written().moment(mail.last_sent_at)) if mail.last_sent_at else _("none sent yet")
    late = _(", %(n)s late", n=mail.late) if mail.late else ""
    failed = _(", %(n)s failed", n=mail.failed_lately) if mail.failed_lately else ""
    return Part(_("Mail"), state, _("%(n)s waiting", n=mail.waiting) + late + failed, last)


def _time(seen: Health) -> Part:
    told = seen.clock
    if told.target_at is not None:
        return Part(_("Clock"), "good", _("on its way"), written().moment(told.target_at))
    if told.frozen_at is not None:
        return Part(_("Clock"), "good", _("stands"), written().moment(told.frozen_at))
    return Part(_("Clock"), "good", _("shifted") if told.shift_seconds else _("runs"))


def _proof(seen: Health) -> Beat | None:
    """The last time that a proof of the books came to its end."""
    proofs = [beat for beat in seen.beats if beat.name.startswith("prove_") and _is_done(beat)]
    return max(proofs, key=lambda beat: beat.beat_at, default=None)


def _is_done(beat: Beat) -> bool:
    """Did its last try come to its end?"""
    return beat.finished_at is not None and beat.finished_at >= beat.beat_at
