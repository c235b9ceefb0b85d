"""Growing batches."""

from bouvier.controllers.runtime.batches import slow_start


async def test_batches_double_and_everything_is_done():
    """Ten requests take four rounds."""
    running, seen = 0, []

    async def act(item):
        nonlocal running
        running += 1
        seen.append((item, running))

    assert await slow_start(range(10), act) == (10, None)
    assert [item for item, _ in seen] == list(range(10))


async def test_a_shared_mistake_is_made_few_times():
    """A quota that is exhausted is asked once, not five hundred times."""
    tried = []

    async def act(item):
        tried.append(item)
        raise ValueError("no")

    succeeded, error = await slow_start(range(500), act)
    assert (succeeded, str(error), tried) == (0, "no", [0])
