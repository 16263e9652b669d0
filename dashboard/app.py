"""The dashboard: `make dashboard`, or `streamlit run dashboard/app.py`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict

import streamlit as st

from analytics_viz import formats
from analytics_viz.theme import DARK, LIGHT
from dashboard import data
from dashboard.settings import REFRESH_SECONDS
from dashboard.views import commerce, payments, quality, spending
from warehouse.errors import WarehouseError

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

# Cards like those of the reports; nothing narrower than a phone scrolls sideways.
_STYLE = """
<style>
:root {--card: %(surface)s; --line: %(grid)s; --bar: %(blue)s;}
[data-testid="stMainBlockContainer"] {max-width: 1320px; padding-top: 4rem; padding-bottom: 2rem;}
[data-testid="stMainBlockContainer"] h1 {font-size: 30px; padding: 0;}
[data-testid="stMainBlockContainer"] h3 {font-size: 20px;}
[data-testid="stMetric"], [class*="st-key-card-"] {
  background: var(--card);
}
[data-testid="stDateInputField"] span {font-size: 13px; padding-inline: 1px;}
[class*="st-key-card-"] p, .card p {margin: 0;}
.cards {display: grid; gap: 16px;
  grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%%), 1fr));}
.card {background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 16px;}
.of {font-size: 14px; opacity: .75;}
.finding {font-size: 17px; font-weight: 600; line-height: 1.3; min-height: 2.6em;}
.note {font-size: 13px; opacity: .75;}
.bars {display: flex; flex-direction: column; margin-top: 12px; gap: 6px; font-size: 14px;}
.bars div {display: grid; grid-template-columns: minmax(5em, min(38%%, 10em)) 1fr;
  align-items: center; column-gap: 10px;}
.bars span {overflow-wrap: anywhere; line-height: 1.15;}
.bars em {display: flex; align-items: center; gap: 8px; font-style: normal;}
.bars i {background: var(--bar); height: 20px; border-radius: 0 3px 3px 0; flex: none;}
.bars b {font-weight: 500; white-space: nowrap;}
.legend {font-size: 13px; display: flex; flex-wrap: wrap; gap: 0 14px;
  min-height: 3.2em; align-content: flex-end;}
.legend i {display: inline-block; width: 14px; height: 3px; margin-right: 6px;
  vertical-align: middle;}
.asof {opacity: .8; font-size: 15px; margin: 0;}
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] {padding-left: 12px; padding-right: 12px;}
  .finding {min-height: 0;}
}
</style>
"""


def main() -> None:
    """One page, chosen by the address."""
    st.set_page_config(page_title="Financial analytics", page_icon="📊", layout="wide")
    palette = DARK if st.context.theme.type == "dark" else LIGHT
    st.html(_STYLE % asdict(palette))
    pages = [
        st.Page(_page(payments.show), title="Payments", url_path="payments", default=True),
        st.Page(_page(spending.show), title="Spending", url_path="spending"),
        st.Page(_page(commerce.show), title="Commerce", url_path="commerce"),
        st.Page(_page(quality.show), title="Data quality", url_path="quality"),
    ]
    st.navigation(pages, position="top").run()


def _page(show: Callable[[data.State], None]) -> Callable[[], None]:
    """A page that says in one sentence what is wrong, and looks for new data by itself."""

    def page() -> None:
        try:
            state = data.state()
            show(state)
        except WarehouseError as error:
            st.error(str(error), icon=":material/database_off:")
            _watch(None, min(30, REFRESH_SECONDS))
        else:
            _watch(state, REFRESH_SECONDS)
        st.html('<span id="end"></span>')

    page.__name__ = show.__module__
    return page


def _watch(shown: data.State | None, seconds: int) -> None:
    """Draw the page anew when the database holds something else."""
    memory = st.session_state
    run = memory["_run"] = memory.get("_run", 0) + 1

    @st.fragment(run_every=seconds)
    def look() -> None:
        if memory.get("_looked") != run:  # the first look comes with the page itself
            memory["_looked"] = run
            return
        try:
            found: data.State | None = data.state()
        except WarehouseError as error:
            if shown is not None:
                st.warning(f"{error} What you see is of {formats.day(shown.as_of)}.")
            return
        if found != shown:
            st.rerun(scope="app")

    look()


main()
