"""Which units are suggested, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from domain.decision import allow, refuse
from domain.recommendation import Candidate, Recommendation, filled, recommend
from domain.response_plan import Need
from domain.unit import Availability, Unit

OWN = allow("own_agency", "own agency")
ASK = refuse("on_request", "Bay paper: smfd must be asked", "ask smfd for assistance")
CAPABILITIES = ("ENGINE", "LADDER", "ALS", "PATROL")


def unit(name: str, *capabilities: str) -> Unit:
    return Unit(name, name.split("/")[0], name.split("/")[-1], "ENGINE", capabilities, 4, "", 0.0, 0.0)


def candidate(
    name: str,
    seconds: float,
    *capabilities: str,
    availability: Availability = Availability.AVAILABLE,
    allowed: bool = True,
    status: str = "available",
) -> Candidate:
    return Candidate(
        unit(name, *capabilities), status, availability, seconds, seconds * 10, "estimate", OWN if allowed else ASK
    )


def names(rows: Iterable[object]) -> list[str]:
    return [row.unit.id for row in rows]  # type: ignore[attr-defined]


def test_needs_are_filled_in_their_order_by_the_fastest() -> None:
    engines = [candidate(f"sffd/E{n}", 100.0 * n, "ENGINE") for n in (3, 1, 2)]
    answer = recommend([Need("LADDER", 1), Need("ENGINE", 2)], [*engines, candidate("sffd/T1", 900, "LADDER")])
    assert names(answer.chosen) == ["sffd/T1", "sffd/E1", "sffd/E2"]
    assert names(answer.alternates) == ["sffd/E3"]
    assert answer.missing == ()


def test_every_choice_says_travel_capability_and_authority() -> None:
    answer = recommend([Need("ENGINE", 2)], [candidate("sffd/E1", 220, "ENGINE")], already={"ENGINE": 1})
    assert answer.chosen[0].why == ("3:40 away (2.2 km, estimate)", "fills ENGINE 2 of 2", "own agency")


def test_a_quint_taken_as_an_engine_becomes_the_ladder_when_an_engine_comes_along() -> None:
    quint, engine = candidate("sffd/Q1", 60, "ENGINE", "LADDER"), candidate("sffd/E1", 200, "ENGINE")
    answer = recommend([Need("ENGINE", 1), Need("LADDER", 1)], [quint, engine])
    assert [(row.unit.callsign, row.fills) for row in answer.chosen] == [("E1", "ENGINE"), ("Q1", "LADDER")]


def test_one_unit_never_fills_two_needs() -> None:
    answer = recommend([Need("ENGINE", 1), Need("ALS", 1)], [candidate("sffd/E1", 60, "ENGINE", "ALS")])
    assert names(answer.chosen) == ["sffd/E1"]
    assert len(answer.missing) == 1


def test_a_unit_whose_agency_must_be_asked_is_an_alternate_with_its_reason() -> None:
    answer = recommend([Need("ENGINE", 1)], [candidate("smfd/E9", 60, "ENGINE", allowed=False)])
    assert answer.chosen == ()
    assert answer.missing == (Need("ENGINE", 1),)
    assert answer.alternates[0].why[-2:] == ("Bay paper: smfd must be asked", "ask smfd for assistance")


def test_a_unit_at_work_that_may_be_reassigned_is_only_an_alternate() -> None:
    busy = candidate("sffd/E1", 60, "ENGINE", availability=Availability.CONDITIONALLY_AVAILABLE, status="en_route")
    answer = recommend([Need("ENGINE", 1)], [busy])
    assert answer.chosen == ()
    assert "en route elsewhere: must be released first" in answer.alternates[0].why


def test_an_unavailable_unit_is_not_mentioned() -> None:
    gone = candidate("sffd/E1", 60, "ENGINE", availability=Availability.NOT_AVAILABLE)
    assert recommend([Need("ENGINE", 1)], [gone]) == Recommendation((), (), (Need("ENGINE", 1),))


def test_equal_travel_goes_by_id_whatever_the_order_they_come_in() -> None:
    engines = [candidate(f"sffd/E{n}", 60, "ENGINE") for n in (1, 2, 3)]
    answers = {tuple(names(recommend([Need("ENGINE", 2)], order).chosen)) for order in permutations(engines)}
    assert answers == {("sffd/E1", "sffd/E2")}


def test_units_at_work_count_for_one_need_each() -> None:
    needs = [Need("ENGINE", 1), Need("LADDER", 1)]
    assert filled(needs, [unit("a/Q", "ENGINE", "LADDER"), unit("a/E", "ENGINE")]) == {"ENGINE": 1, "LADDER": 1}
    assert filled(needs, [unit("a/E1", "ENGINE"), unit("a/E2", "ENGINE")]) == {"ENGINE": 1}


def test_the_most_alternates_are_the_fastest() -> None:
    many = [candidate(f"a/E{n:02d}", n, "ENGINE") for n in range(30)]
    assert names(recommend([Need("ENGINE", 1)], many, most_alternates=3).alternates) == ["a/E01", "a/E02", "a/E03"]


# Properties -------------------------------------------------------------------------------------------

capability_sets = st.sets(st.sampled_from(CAPABILITIES), max_size=3).map(sorted)
some_candidates = st.lists(
    st.builds(
        lambda n, seconds, capabilities, availability, allowed: candidate(
            f"a/U{n}", float(seconds), *capabilities, availability=availability, allowed=allowed
        ),
        st.integers(0, 30),
        st.integers(0, 5),
        capability_sets,
        st.sampled_from([*Availability, Availability.AVAILABLE, Availability.AVAILABLE]),
        st.sampled_from([True, True, False]),
    ),
    max_size=7,
    unique_by=lambda one: one.unit.id,
)
some_needs = st.lists(st.builds(Need, st.sampled_from(CAPABILITIES), st.integers(0, 2)), max_size=4)
some_already = st.dictionaries(st.sampled_from(CAPABILITIES), st.integers(0, 2), max_size=2)


def wanted(needs: list[Need], already: Mapping[str, int]) -> Counter[str]:
    total: Counter[str] = Counter()
    for need in needs:
        total[need.capability] += need.count
    return total - Counter(already)


@given(some_needs, some_candidates, some_already)
def test_only_available_units_with_an_allowing_decision_are_chosen_and_none_twice(
    needs: list[Need], candidates: list[Candidate], already: dict[str, int]
) -> None:
    answer = recommend(needs, candidates, already)
    for row in answer.chosen:
        assert row.candidate.availability == Availability.AVAILABLE
        assert row.candidate.decision.allowed
        assert row.fills in row.unit.capabilities
    mentioned = names([*answer.chosen, *answer.alternates])
    assert len(mentioned) == len(set(mentioned))
    assert all(row.candidate.availability != Availability.NOT_AVAILABLE for row in answer.alternates)


@given(some_needs, some_candidates, some_already)
def test_what_is_chosen_and_what_is_missing_make_up_the_needs(
    needs: list[Need], candidates: list[Candidate], already: dict[str, int]
) -> None:
    answer = recommend(needs, candidates, already)
    missing = Counter({need.capability: need.count for need in answer.missing})
    assert Counter(row.fills for row in answer.chosen) + missing == wanted(needs, already)


@given(some_needs, some_candidates)
def test_no_other_choice_fills_more_needs_or_as_many_sooner(needs: list[Need], candidates: list[Candidate]) -> None:
    answer = recommend(needs, candidates)
    slots = list(wanted(needs, {}).elements())
    usable = [one for one in candidates if one.sendable]

    def best(at: int, free: frozenset[int]) -> tuple[int, float]:
        """Least (needs left open, total travel) for the slots from `at` on, by trying everything."""
        if at == len(slots):
            return 0, 0.0
        left, travel = best(at + 1, free)
        options = [(left + 1, travel)]
        for index in free:
            if slots[at] in usable[index].unit.capabilities:
                left, travel = best(at + 1, free - {index})
                options.append((left, travel + usable[index].travel_seconds))
        return min(options)

    if len(slots) > 5:  # trying everything grows too fast
        return
    ours = sum(need.count for need in answer.missing), sum(row.candidate.travel_seconds for row in answer.chosen)
    assert ours == best(0, frozenset(range(len(usable))))


@given(some_needs, some_candidates, st.randoms(use_true_random=False))
def test_the_order_candidates_come_in_changes_nothing(needs: list[Need], candidates: list[Candidate], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert recommend(needs, shuffled) == recommend(needs, candidates)
