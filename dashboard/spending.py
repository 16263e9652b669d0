"""What the page on spending shows: months of gold.monthly_transaction_totals by category."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.metrics import Metric, metric, part_names, select_list

LARGEST = 6
SPANS = {3: "3 months", 6: "6 months", 12: "12 months", 24: "24 months"}
DEFAULT_SPAN = 12
GROUPS = ["essential", "discretionary", "transport", "healthcare", "education", "other"]

# Complete months only: those that end on or before the as-of date.
_MONTHS = """
with groups as (
    select category_name, category_group
    from dst.dst_category_trends
    group by category_name, category_group
),
spent as (
    select totals.*, totals.member_code as category_name,
        coalesce(groups.category_group, 'other') as category_group
    from gold.monthly_transaction_totals as totals
    left join groups on totals.member_code = groups.category_name
    where totals.dimension = 'category'
        and totals.month_start_date + interval '1 month'
            <= (select as_of_date + 1 from gold.data_as_of)
)
select month_start_date as month, category_group as "group", category_name as category,
    {sums}
from spent
group by month_start_date, category_group, category_name
order by month, category
"""


def metrics() -> dict[str, Metric]:
    """The metrics of the page, in the order of its cards."""
    return {name: metric(name) for name in ("spending", "essential_share", "discretionary_share")}


@dataclass(frozen=True)
class Spending:
    """Sums by month and category of all complete months, and which of them are shown."""

    frame: pd.DataFrame
    span: int

    @property
    def months(self) -> list[dt.date]:
        """The months shown, oldest first."""
        return sorted(self.frame["month"].unique())[-self.span :]

    @property
    def months_before(self) -> list[dt.date]:
        """As many months before them; none if the data do not reach back so far."""
        found = sorted(self.frame["month"].unique())[: -self.span][-self.span :]
        return found if len(found) == len(self.months) == self.span else []

    def _sums(self, months: list[dt.date]) -> dict[str, Any]:
        mine = self.frame[self.frame["month"].isin(months)]
        return {name: mine[name].sum() for name in part_names(metrics().values())}

    def reading(self, of: Metric) -> tuple[float | None, float | None]:
        """A metric over the months shown and over as many before."""
        before = self.months_before
        return of.of(self._sums(self.months)), of.of(self._sums(before)) if before else None

    @property
    def shown(self) -> pd.DataFrame:
        """The rows of the months shown."""
        return self.frame[self.frame["month"].isin(self.months)]

    def by_group(self) -> pd.DataFrame:
        """Month, group, spending."""
        found = self.shown.assign(spending=self.shown["spending"].astype(float))
        return found.groupby(["month", "group"])[["spending"]].sum().reset_index()

    def shares(self, of: Metric) -> pd.DataFrame:
        """Month (as day), value and average of a metric; months are not averaged again."""
        sums = self.shown.groupby("month")[part_names([of])].sum()
        value = of.column(sums)
        return pd.DataFrame({"day": sums.index, "value": value, "average": value}).reset_index(
            drop=True
        )

    def categories(self) -> pd.DataFrame:
        """The categories with the most spending: member, value, count."""
        sums = self.shown.groupby("category")[["spending", "transactions"]].sum().astype(float)
        sums = sums.sort_values("spending", ascending=False).head(LARGEST)
        sums.columns = pd.Index(["value", "count"])
        return sums.reset_index(names="member")


@st.cache_data(show_spinner=False, max_entries=8)
def load(builds: tuple[int, ...], as_of: dt.date) -> pd.DataFrame:
    """All complete months of one build."""
    del builds, as_of  # the key of the cache
    asked = select_list([*metrics().values(), metric("transactions")])
    return data.rows(data.literal(_MONTHS).format(sums=data.literal(asked)), {})
