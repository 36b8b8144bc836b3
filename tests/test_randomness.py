"""Randomness: the published vectors of Philox, numbers that belong to their owner, and no other source of luck."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import cohesion_sim
from cohesion_sim import model
from cohesion_sim.randomness import NO_KEY, Luck, decision, philox, uniforms, unit

PACKAGE = Path(next(iter(cohesion_sim.__path__)))


# ------------------------------------------------------------------------------- the generator
@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ([0, 0, 0, 0], [0, 0], [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_known_answers_of_random123(counter: list[int], key: list[int], expected: list[int]) -> None:
    words = philox(*(np.uint32(c) for c in counter), np.uint64(key[0] | key[1] << 32))
    assert [int(w) for w in words] == expected


def test_unit_is_exact_and_below_one() -> None:
    for word, expected in ((0, 0.0), (0xFF, 0.0), (0x100, 2.0**-24), (0x80000000, 0.5), (0xFFFFFFFF, 1 - 2.0**-24)):
        assert float(unit(np.uint32(word))) == expected


def test_uniforms_are_the_first_word_of_the_owner() -> None:
    entities = np.array([0, 7, 2**33 + 5, -1], np.int64)
    numbers = uniforms(np.uint64(9), np.uint32(3), np.uint32(4), entities, NO_KEY)
    for entity, number in zip(entities.tolist(), numbers, strict=True):
        low, high = entity & 0xFFFFFFFF, entity >> 32 & 0xFFFFFFFF
        word = philox(np.uint32(low), np.uint32(high), np.uint32(4), np.uint32(3), np.uint64(9))[0]
        assert number == unit(word)


# ------------------------------------------------------------------------------- who owns a number
def test_numbers_do_not_depend_on_order_or_company() -> None:
    luck = Luck(5, "platform")
    everyone = np.arange(1000)
    numbers = luck.uniform("comes", 3, everyone)
    backwards = luck.uniform("comes", 3, everyone[::-1])
    assert np.array_equal(numbers, backwards[::-1])
    assert np.array_equal(luck.uniform("comes", 3, everyone[100:200:7]), numbers[100:200:7])
    luck.uniform("other", 3, everyone)  # asking something else in between takes nothing away
    assert np.array_equal(luck.uniform("comes", 3, everyone), numbers)


def test_seed_scope_decision_and_week_each_make_other_numbers() -> None:
    everyone = np.arange(4000)
    base = Luck(5, "platform").uniform("comes", 3, everyone)
    others = [
        Luck(6, "platform").uniform("comes", 3, everyone),
        Luck(5 + 2**32, "platform").uniform("comes", 3, everyone),
        Luck(5, "platform_2").uniform("comes", 3, everyone),
        Luck(5, "platform").uniform("leaves", 3, everyone),
        Luck(5, "platform").uniform("comes", 4, everyone),
    ]
    for other in others:
        assert abs(np.corrcoef(base, other)[0, 1]) < 4 / np.sqrt(everyone.size)
        assert (base == other).mean() < 0.001


def test_a_key_belongs_to_the_person_not_to_the_row() -> None:
    order = Luck(1, "test").shuffled("rows", 0, np.arange(50)).astype(np.int64)
    first = Luck(5, "club", np.arange(50)).uniform("comes", 2, order)
    moved = Luck(5, "club", order).uniform("comes", 2, np.arange(50))
    assert np.array_equal(first, moved)
    assert Luck(5, "club", order).uniform("week", 2, np.array([-1])) == Luck(5, "club").uniform(
        "week", 2, np.array([-1])
    )


def test_shuffled_keeps_the_order_of_those_who_stay() -> None:
    luck = Luck(2, "grants")
    whole = luck.shuffled("turn", 1, np.arange(300))
    part = luck.shuffled("turn", 1, np.arange(0, 300, 3))
    assert np.array_equal(part, whole[whole % 3 == 0])
    assert sorted(whole.tolist()) == list(range(300))


def test_numbers_are_uniform_and_independent_of_neighbours() -> None:
    # 200,000 numbers; bounds are 4.5 standard errors, so that a fair generator fails once in 100,000 tries.
    numbers = Luck(11, "test").uniform("fair", 1, np.arange(200_000)).astype(np.float64)
    n = numbers.size
    assert abs(numbers.mean() - 0.5) < 4.5 * np.sqrt(1 / 12 / n)
    assert abs(numbers.var() - 1 / 12) < 4.5 * np.sqrt(1 / 180 / n)
    counts = np.bincount((numbers * 100).astype(int), minlength=100)
    chi_square = ((counts - n / 100) ** 2 / (n / 100)).sum()
    assert abs(chi_square - 99) < 4.5 * np.sqrt(2 * 99)
    for lag in (1, 2, 1000):
        assert abs(np.corrcoef(numbers[:-lag], numbers[lag:])[0, 1]) < 4.5 / np.sqrt(n)


def test_decisions_have_numbers_of_their_own() -> None:
    assert decision("123456789") == 0xCBF43926  # the check value of CRC-32
    names = [*model._DECISIONS, model._ARISE, model._INCIDENT, model._END, model._MARRIAGE]
    assert len(set(names)) == len(names)


# ------------------------------------------------------------------------------- no other luck
FORBIDDEN_MODULES = ("random", "secrets", "uuid", "numpy.random", "scipy.stats.qmc", "scipy.stats.sampling")
FORBIDDEN_NAMES = {
    "random",
    "rng",
    "default_rng",
    "RandomState",
    "Generator",
    "urandom",
    "getrandbits",
    "rvs",
    "shuffle",
    "permutation",
    "permuted",
    "choice",
    "sample",
    "bootstrap",
    "permutation_test",
    "monte_carlo_test",
    "random_state",
    "shuffle_do",
    "uuid1",
    "uuid4",
    "token_bytes",
    "token_hex",
    "randint",
    "randrange",
    "gauss",
    "normalvariate",
}


def luck_in(text: str) -> list[tuple[int, str]]:
    """Return line and name of everything in a module that could draw a number outside `randomness`."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, a.name) for a in node.names if a.name.startswith(FORBIDDEN_MODULES)]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{a.name}" for a in node.names]
            found += [(node.lineno, name) for name in names if name.startswith(FORBIDDEN_MODULES)]
            own = str(node.module).startswith("cohesion_sim.")  # a survey's sample is drawn by `randomness`
            found += [(node.lineno, a.name) for a in node.names if a.name in FORBIDDEN_NAMES and not own]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sample":
            found.append((node.lineno, "sample"))  # a field of this name is no draw
        elif isinstance(node, ast.Attribute) and node.attr in FORBIDDEN_NAMES and node.attr != "sample":
            found.append((node.lineno, node.attr))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("hash", "id"):
            found.append((node.lineno, node.func.id))  # differ between processes
    return found


@pytest.mark.parametrize(
    "text",
    [
        "import random",
        "from random import gauss",
        "import numpy as np\nnp.random.seed(1)",
        "from numpy.random import default_rng",
        "from numpy import random",
        "x = self.random.shuffle([1])",
        "y = scipy.stats.norm.rvs(3)",
        "z = frame.sample(3)",
        "k = hash('label')",
        "import uuid",
        "os.urandom(8)",
    ],
)
def test_the_scan_sees_other_luck(text: str) -> None:
    assert luck_in(text)


def test_there_is_no_other_luck_in_the_package() -> None:
    # Scripts of experiments travel with the package, but are no part of it.
    modules = sorted(path for path in PACKAGE.rglob("*.py") if "_experiments" not in path.parts)
    assert len(modules) > 40
    found = {str(path.relative_to(PACKAGE)): names for path in modules if (names := luck_in(path.read_text("utf-8")))}
    # One place: a model made without a seed takes one from Mesa's own generator.
    allowed = found.pop("model.py", [])
    assert [name for _, name in allowed] == ["rng"]
    # Designs are laid by SciPy and SALib, each under a seed made of the file's.
    allowed_designs = found.pop("studies/design.py", [])
    assert sorted(name for _, name in allowed_designs) == ["random", "sample", "sample", "scipy.stats.qmc"]
    text = (PACKAGE / "studies" / "design.py").read_text("utf-8")
    assert text.count("seed=seed)") == 3
    # Quasi-random points of a calibration, laid by SciPy under a seed made of the file's.
    allowed_points = found.pop("studies/calibration/sampling.py", [])
    assert [name for _, name in allowed_points] == ["scipy.stats.qmc", "random"]
    text = (PACKAGE / "studies" / "calibration" / "sampling.py").read_text("utf-8")
    assert text.count("qmc.Sobol(columns, seed=seed % 2**32)") == text.count("qmc.") == 1
    line = (PACKAGE / "model.py").read_text("utf-8").splitlines()[allowed[0][0] - 1]
    assert line.strip().startswith("self.seed =")
    assert found == {}
