"""The dashboard: `make dashboard`, or `streamlit run dashboard/app.py`."""

from __future__ import annotations

import logging
from collections.abc import Callable

import streamlit as st

from analytics_viz import formats
from analytics_viz.theme import DARK, LIGHT
from dashboard import data
from dashboard.settings import REFRESH_SECONDS
from dashboard.views import payments, quality, spending
from warehouse.errors import WarehouseError

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

# Cards like those of the reports; nothing narrower than a phone scrolls sideways.
_STYLE = """
<style>
:root {--card: %(surface)s;}
[data-testid="stMainBlockContainer"] {max-width: 1320px; padding-top: 4rem; padding-bottom: 2rem;}
[data-testid="stMainBlockContainer"] h1 {font-size: 30px; padding: 0;}
[data-testid="stMainBlockContainer"] h3 {font-size: 20px;}
[data-testid="stMetric"], [class*="st-key-card-"] {
  background: var(--card);
}
[data-testid="stDateInput"] input {font-size: 13px;}
[class*="st-key-card-"] p {margin: 0;}
[class*="st-key-card-"] .of {font-size: 14px; opacity: .75;}
[class*="st-key-card-"] .finding {font-size: 17px; font-weight: 600; line-height: 1.3;}
[class*="st-key-card-"] .note {font-size: 13px; opacity: .75;}
[data-testid="stColumn"] [class*="st-key-card-"] .finding {min-height: 2.6em;}
.asof {opacity: .8; font-size: 15px; margin: 0;}
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] {padding-left: 12px; padding-right: 12px;}
  [data-testid="stColumn"] [class*="st-key-card-"] .finding {min-height: 0;}
}
</style>
"""


def main() -> None:
    """One page, chosen by the address."""
    st.set_page_config(page_title="Financial analytics", page_icon="📊", layout="wide")
    palette = DARK if st.context.theme.type == "dark" else LIGHT
    st.html(_STYLE % {"surface": palette.surface})
    pages = [
        st.Page(_page(payments.show), title="Payments", url_path="payments", default=True),
        st.Page(_page(spending.show), title="Spending", url_path="spending"),
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
