"""What draws choose."""

import numpy as np
import pytest

from generator.randomness import chosen, places


@pytest.mark.parametrize("sums", [1, 2, 24, 900])
def test_places_are_those_of_a_search(sums: int) -> None:
    rng = np.random.default_rng(sums)
    cumulative = np.cumsum(rng.random((3, sums)) ** 8, axis=1)
    cumulative[1, sums // 2 :] = cumulative[1, sums // 2]  # weights of nothing
    cumulative[2, (sums + 2) // 3 :] = np.inf
    top = np.array([cumulative[0, -1], cumulative[1, -1], cumulative[2, (sums + 2) // 3 - 1]])
    row = rng.integers(0, 3, 5_000)
    sought = rng.random(5_000) * top[row]
    # the sums themselves, and their neighbours
    for r, total in enumerate(top):
        exact = cumulative[r][cumulative[r] <= total]
        exact = np.concatenate([exact, np.nextafter(exact, 0), np.nextafter(exact, np.inf), [0.0]])
        row = np.concatenate([row, np.full(len(exact), r)])
        sought = np.concatenate([sought, exact])
    found = places(cumulative, row, sought)
    for r in range(3):
        mine = row == r
        assert (found[mine] == np.searchsorted(cumulative[r], sought[mine], "right")).all()


def test_what_weighs_nothing_is_never_chosen() -> None:
    draw = np.linspace(0, 1, 10_001)[:-1]
    shares = np.bincount(chosen(np.array([0, 1, 0, 3, 0]), draw), minlength=5) / len(draw)
    assert shares.tolist() == [0, 0.25, 0, 0.75, 0]
