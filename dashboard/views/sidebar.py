"""Filters of a page: boxes in the sidebar, kept in the address of the page, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

import streamlit as st

from analytics_viz.data import Period
from dashboard.filters import OWN, PRESETS, Reach, preset_period


class Chosen(Protocol):
    """What all filters have: a period, and what the link says of them."""

    @property
    def period(self) -> Period: ...
    @property
    def preset(self) -> str: ...
    def parameters(self) -> dict[str, str]: ...


F = TypeVar("F", bound=Chosen)


class Sidebar(Generic[F]):
    """The filters of one page, as chosen before and as chosen now."""

    def __init__(self, page: str, read: Callable[[Mapping[str, str]], tuple[F, list[str]]]) -> None:
        """What was chosen before on this page, at first what the link says.

        Args:
            page: its name.
            read: filters from the parameters of a link, with a sentence for each that is wrong.
        """
        self._page = page
        self._memory = st.session_state
        if self._key("filters") not in self._memory:
            found, wrong = read(st.query_params.to_dict())
            self._memory[self._key("filters")] = found
            self._memory[self._key("wrong")] = wrong
        self.before: F = self._memory[self._key("filters")]

    def _key(self, name: str) -> str:
        return f"{self._page}_{name}"

    def period(self, reach: Reach) -> tuple[str, Period]:
        """The boxes of a preset period, and of dates of one's own."""
        preset = self.select("preset", "Period", [*PRESETS, OWN], self.before.preset, _preset_name)
        period = self.before.period if preset == OWN else preset_period(preset, reach)
        dates = self._key("dates")
        if preset != OWN or dates not in self._memory:
            self._memory[dates] = (period.start, period.end)
        picked = st.date_input(
            "From, to", key=dates, min_value=reach.first_day, max_value=reach.as_of,
            disabled=preset != OWN, format="YYYY-MM-DD",
        )  # fmt: skip
        if preset == OWN and isinstance(picked, tuple) and len(picked) == 2:
            period = Period(*picked)
        return preset, period

    def select(
        self,
        name: str,
        label: str,
        options: list[str],
        before: str,
        text: Callable[[str], str] = str,
    ) -> str:
        """One of the options; a choice that has become impossible is the first one again."""
        key = self._key(name)
        if self._memory.setdefault(key, before) not in options:
            self._memory[key] = options[0]
        return st.selectbox(label, options, key=key, format_func=text)

    def close(self, chosen: F) -> list[str]:
        """Remember what is chosen; what was wrong with the link is said until something changes."""
        st.button("Reset", on_click=self._reset, width="stretch")
        st.caption("The address of this page is a link to what you see.")
        if chosen != self.before:
            self._memory[self._key("wrong")] = []
        self._memory[self._key("filters")] = chosen
        if st.query_params.to_dict() != chosen.parameters():
            st.query_params.from_dict(chosen.parameters())
        wrong: list[str] = self._memory[self._key("wrong")]
        return wrong

    def _reset(self) -> None:
        for name in [str(key) for key in self._memory if str(key).startswith(self._key(""))]:
            del self._memory[name]
        st.query_params.clear()


def _preset_name(preset: str) -> str:
    return PRESETS.get(preset, "Own dates")
