"""A job takes batches until none is left, and no look more than that."""

import pytest

from jobs.app import drained, job
from jobs.queues import Lane


@pytest.mark.parametrize(
    ("found", "full", "taken"), [([3, 3, 1, 3], 3, [3, 3, 1]), ([3, 0, 3], 3, [3, 0]), ([1, 1, 0], 1, [1, 1, 0])]
)
def test_a_batch_that_was_not_full_is_the_last(app, found, full, taken):
    batches, seen = iter(found), []

    def batch(_at):
        seen.append(next(batches))
        return seen[-1]

    job(Lane.MESSAGES)(lambda: drained(batch, full))()

    assert seen == taken
