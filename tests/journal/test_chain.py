"""The chain covers every field and the place of every row."""

from hypothesis import given
from hypothesis import strategies as st

from kiosk.journal.chain import GENESIS, Link, first_break, link_hash

links = st.builds(Link, st.integers(1, 99), st.text(), st.text(), st.text(), st.integers(), st.text(), st.integers())


@given(links, links)
def test_two_rows_that_differ_have_different_hashes(one: Link, other: Link) -> None:
    assert (link_hash(GENESIS, one) == link_hash(GENESIS, other)) == (one == other)


def test_fields_cannot_run_together() -> None:
    assert link_hash(GENESIS, Link(1, "ab", "c", "", 0, "", 0)) != link_hash(GENESIS, Link(1, "a", "bc", "", 0, "", 0))
    assert link_hash(GENESIS, Link(1, "", "", "", 11, "", 1)) != link_hash(GENESIS, Link(1, "", "", "", 1, "1", 1))


def test_a_hash_covers_all_that_came_before() -> None:
    link = Link(2, "s", "k", "b", 1, "boot", 1)
    assert link_hash(GENESIS, link) != link_hash(b"\x01" + GENESIS[1:], link)


def test_the_first_row_that_does_not_fit_is_named() -> None:
    rows, previous = [], GENESIS
    for seq in range(1, 6):
        link = Link(seq, "s", "k", str(seq), seq, "boot", seq)
        previous = link_hash(previous, link)
        rows.append((link, previous))
    assert first_break([]) is None
    assert first_break(rows) is None
    assert first_break(rows[:3]) is None, "a tail that is missing cannot be seen here"
    assert first_break(rows[1:]) == 1
    assert first_break([*rows[:2], *rows[3:]]) == 3
    assert first_break([*rows[:4], (rows[4][0], rows[3][1])]) == 5
