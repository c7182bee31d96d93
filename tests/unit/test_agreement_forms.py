"""The agreement form: what was typed becomes terms and comes back the same; what cannot be is named, never a crash."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.agreement_forms import AID_FIELDS, SHARE_FIELDS, Typed, terms_of, typed, typed_of
from domain.agreement import Agreement, AidClause, AidMode, CostTerms
from domain.errors import BadCommand
from domain.share_clause import Label, ShareClause

ZONE = ZoneInfo("America/Los_Angeles")
words = st.lists(st.text("ABCDE_09", min_size=1, max_size=8), max_size=4).map(tuple)
corner = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
times = st.just(0.0) | st.builds(
    lambda day, second: day * 86400.0 + second, st.integers(1, 20_000), st.integers(72000, 75600)
)
"""Seconds of an early afternoon: the hour that clocks show twice in autumn cannot be told apart in a form."""
aid = st.builds(
    AidClause,
    st.text("abc1-", min_size=1, max_size=6),
    st.just("smfd"),
    st.just("sffd"),
    st.sampled_from(AidMode),
    words,
    words,
    words,
    st.integers(0, 9999),
    st.none() | st.tuples(st.integers(0, 23), st.integers(1, 24)),
    st.lists(st.integers(0, 6), unique=True).map(tuple),
    st.just(()) | st.lists(corner, min_size=3, max_size=6).map(tuple),
    words,
    st.builds(CostTerms, st.integers(0, 99).map(float), st.integers(0, 999).map(float), st.just("EUR"), st.just("x y")),
)
share = st.builds(
    ShareClause,
    st.text("abc1-", min_size=1, max_size=6),
    st.just("smfd"),
    st.just("sffd"),
    st.sampled_from(Label),
    st.just("treatment on scene"),
    words,
    words,
    words,
    st.booleans(),
    times,
    times,
)


def fields_of(form: Typed) -> dict[str, str]:
    """What a browser posts of a form."""
    fields = {name: getattr(form, name) for name in ("id", "title", "parties", "since", "until")}
    for kind, rows in (("aid", form.clauses), ("share", form.shares)):
        for number, row in enumerate(rows):
            fields |= {f"{kind}.{number}.{name}": value for name, value in row.items()}
    return fields


@given(st.lists(aid, max_size=3), st.lists(share, max_size=3), times, times)
def test_opening_terms_in_the_form_and_saving_them_changes_nothing(
    clauses: list[AidClause], shares: list[ShareClause], since: float, until: float
) -> None:
    """Above all it never widens a grant: a term the form did not carry would be a term everybody loses."""
    paper = Agreement("night", "Night aid", ("sffd", "smfd"), tuple(clauses), since, until, shares=tuple(shares))
    again = terms_of(typed(fields_of(typed_of(paper, ZONE))), ZONE)
    assert again == paper
    assert again.terms_digest == paper.terms_digest


def test_a_row_that_was_added_and_left_blank_is_no_clause() -> None:
    """A browser sends what a list to choose from shows, also of a row nobody touched."""
    blank = {f"aid.0.{name}": "" for name in AID_FIELDS} | {f"share.0.{name}": "" for name in SHARE_FIELDS}
    form = typed({**blank, "aid.0.mode": "automatic", "share.0.label": "1"})
    assert (form.clauses, form.shares) == ([], [])


def row(**more: str) -> Typed:
    clause = {**dict.fromkeys(AID_FIELDS, ""), "id": "1", "giver": "smfd", "receiver": "sffd", "mode": "automatic"}
    return Typed("night", "Night", "sffd smfd", clauses=[{**clause, **more}])


@pytest.mark.parametrize(
    "more",
    [
        {"hours": "\u00b2-6"},
        {"hours": "9" * 5000 + "-6"},
        {"hours": "-"},
        {"cap": "\u0663"},
        {"cap": "9" * 5000},
        {"polygon": "[[1" + "0" * 400 + ", 1], [2, 3], [4, 5]]"},
        {"polygon": "{}["},
        {"polygon": "[" * 100_000},
        {"polygon": "[[1], [2], [3]]"},
        {"polygon": "[[[1], 2]]"},
        {"polygon": "7"},
        {"free_hours": "nan"},
        {"per_unit_hour": "1e400"},
        {"days": "S"},
    ],
)
def test_no_sign_in_a_clause_breaks_the_form(more: dict[str, str]) -> None:
    with pytest.raises(BadCommand, match="clause 1: "):
        terms_of(row(**more), ZONE)


@pytest.mark.parametrize(
    "when", ["9999-12-31T23:59", "0001-01-01T00:00", "2026-11-27T08:00+09:00", "2026-13-01", "\x00"]
)
def test_a_time_no_page_could_write_again_is_refused(when: str) -> None:
    form = row()
    form.until = when
    with pytest.raises(BadCommand, match="until"):
        terms_of(form, ZONE)


@pytest.mark.parametrize("name", ["draft", "try"])
def test_an_id_whose_page_could_not_be_opened_is_refused(name: str) -> None:
    form = row()
    form.id = name
    with pytest.raises(BadCommand, match="choose another"):
        terms_of(form, ZONE)
