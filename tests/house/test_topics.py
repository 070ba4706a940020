"""Every event that is posted is told to somebody, or is silent on purpose."""

import ast
import re
from collections.abc import Iterator

from portal.notifications.messages import SILENT, TOLD
from portal.subscriptions.lifecycle import TOPICS
from tests.house.source import ROOT, modules, verdict

# Where a topic is computed; what it can be is checked below, or written as a literal by the callers.
COMPUTED = ("portal/subscriptions/lifecycle.py", "portal/dunning/cases.py", "portal/actions/_links.py")
POSITION = {"outbox.post": 1, "outbox.entry": 0}


def test_every_posted_topic_is_told_or_silent():
    posted = [(place, topic.value) for place, topic in _posted() if isinstance(topic, ast.Constant)]
    faults = [f"{place}: {topic}" for place, topic in posted if topic not in TOLD.keys() | SILENT]
    verdict(faults, "Add it to TOLD in notifications/messages.py, or to SILENT with its reason:")
    verdict(sorted(set(TOPICS.values()) - TOLD.keys() - SILENT), "A move of a subscription that nobody is told of:")


def test_topics_are_literals_but_for_the_known_places():
    faults = [
        place
        for place, topic in _posted()
        if not isinstance(topic, ast.Constant) and place.partition(":")[0] not in COMPUTED
    ]
    verdict(faults, "Write the topic as a literal, so that it can be found:")


def test_a_topic_is_told_or_silent_but_not_both():
    assert not TOLD.keys() & SILENT


def test_topics_are_a_noun_and_what_happened_to_it():
    odd = [topic for topic in TOLD.keys() | SILENT if not re.fullmatch(r"[a-z_]+\.[a-z_]+", topic)]
    verdict(odd, "noun.past_participle:")


def test_nothing_is_told_that_never_happens():
    written = "".join((ROOT / path).read_text() for path in modules("portal", "jobs") if "notifications" not in path)
    computed = re.findall(r'f"([a-z]+\.)\{', written)
    faults = [
        topic for topic in TOLD.keys() | SILENT if f'"{topic}"' not in written and not topic.startswith(tuple(computed))
    ]
    verdict(faults, "No file posts it; remove it, or post it:")


def _posted() -> Iterator[tuple[str, ast.expr]]:
    """Place and topic of each call that posts to the outbox."""
    for path, tree in modules("portal", "jobs").items():
        for node in ast.walk(tree):
            position = POSITION.get(ast.unparse(node.func)) if isinstance(node, ast.Call) else None
            if position is not None and len(node.args) > position:
                yield f"{path}:{node.lineno}", node.args[position]
