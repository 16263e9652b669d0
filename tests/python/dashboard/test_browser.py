"""The dashboard in a real browser: filters, links, bad states, a new day, a phone.

``DASHBOARD_SCREENSHOTS`` names a folder that keeps a picture of each page in each size.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from analytics_viz import formats
from dashboard.settings import WAIT_SECONDS
from tests.kit import Warehouse
from tests.python.dashboard.conftest import READ, Visitor, served

PAYMENT = (
    "transaction_type = 'purchase'"
    " and payment_method in ('Credit Card', 'Debit Card', 'UPI', 'Net Banking')"
)
LAST_90 = "transaction_date > (select as_of_date - 90 from gold.data_as_of)"


def key_figures(bank: Warehouse, condition: str = "true") -> list[str]:
    """The three cards, from the fact itself."""
    revenue, failed, seconds = bank.query(
        "select sum(revenue_amount), 100.0 * avg(case when is_declined then 1 else 0 end),"
        f" avg(processing_time) from gold.fact_transactions where {PAYMENT} and {LAST_90}"
        f" and {condition}"
    )[0]
    return [formats.money(revenue), formats.percent(failed), formats.seconds(seconds)]


def test_key_figures_are_those_of_the_fact(bank: Warehouse, visitor: Visitor) -> None:
    visitor.open()
    visitor.shows(*key_figures(bank))
    expect(visitor.page.get_by_text("Data as of")).to_contain_text("20 Aug 2025")
    expect(visitor.page.get_by_text("Data as of")).to_contain_text("build ")
    visitor.has_charts(3, bars=3)


def test_filters_cascade_and_the_link_restores_them(bank: Warehouse, visitor: Visitor) -> None:
    region, state, city, elsewhere = bank.query(
        "select region, state, city_name,"
        " (select min(other.state) from gold.dim_city as other"
        " inner join gold.fact_payments_daily using (city_key)"
        " where other.region <> cities.region and other.country = 'US')"
        f" from gold.fact_payments_daily inner join gold.dim_city as cities using (city_key)"
        f" where country = 'US' and {LAST_90}"
        " group by 1, 2, 3 order by sum(transaction_count) desc, 3 limit 1"
    )[0]
    visitor.open()
    assert elsewhere in visitor.options("State")
    visitor.choose("Region", region)
    assert elsewhere not in visitor.options("State")
    visitor.choose("State", state)
    visitor.choose("City", f"{city}, {state}")
    chosen = key_figures(bank, f"location_city = '{city}' and location_state = '{state}'")
    visitor.shows(*chosen)
    visitor.page.wait_for_url("**city=*")
    said = parse_qs(urlsplit(visitor.page.url).query)
    assert said == {"region": [region], "state": [state], "city": [f"{city}, {state}"]}

    other = Visitor(visitor.page.context.new_page(), visitor.address)
    other.open("/?" + urlsplit(visitor.page.url).query)
    other.shows(*chosen)
    expect(other.filter("City")).to_have_value(f"{city}, {state}")

    # a wider choice that the narrower one does not fit into takes it back
    other_region = bank.value(
        "select region from gold.fact_payments_daily inner join gold.dim_city using (city_key)"
        f" where state = '{elsewhere}' limit 1"
    )
    visitor.choose("Region", other_region)
    expect(visitor.filter("State")).to_have_value("All")
    expect(visitor.filter("City")).to_have_value("All")


def test_channel_segment_and_comparison(bank: Warehouse, visitor: Visitor) -> None:
    visitor.open()
    visitor.choose("Channel", "UPI")
    visitor.shows(*key_figures(bank, "payment_method = 'UPI'"))
    visitor.choose("Compare by", "State")
    expect(visitor.page.get_by_role("heading", name="By state")).to_be_visible()
    visitor.has_charts(3, bars=6)
    visitor.page.get_by_role("button", name="Reset").click()
    expect(visitor.filter("Channel")).to_have_value("All")
    visitor.settled()
    visitor.shows(*key_figures(bank))
    assert not urlsplit(visitor.page.url).query


def test_download_holds_what_is_shown(bank: Warehouse, visitor: Visitor, tmp_path: Path) -> None:
    visitor.open("/?channel=UPI")
    with visitor.page.expect_download() as loading:
        visitor.page.get_by_test_id("stDownloadButton").get_by_role("button").click()
    file = tmp_path / "payments.csv"
    loading.value.save_as(file)
    rows = list(csv.DictReader(file.open()))
    assert {row["channel"] for row in rows} == {"UPI"}
    number = bank.value(
        f"select count(*) from gold.fact_transactions where {PAYMENT} and {LAST_90}"
        " and payment_method = 'UPI'"
    )
    assert sum(float(row["payments"]) for row in rows) == number


def test_nothing_found_says_so(bank: Warehouse, visitor: Visitor) -> None:
    empty = bank.query(
        "with cells as (select channel_name, customer_segment from gold.dim_channel cross join"
        " (select distinct customer_segment from gold.fact_payments_daily) as segments"
        " where channel_key <> -1), cities as (select distinct city_key"
        " from gold.fact_payments_daily)"
        " select channel_name, customer_segment, city_name || ', ' || state from cells"
        " cross join cities inner join gold.dim_city using (city_key)"
        " where country = 'US' and not exists (select from gold.fact_payments_daily as paid"
        " inner join gold.dim_channel as channels using (channel_key)"
        " where paid.city_key = cities.city_key and channels.channel_name = cells.channel_name"
        " and paid.customer_segment = cells.customer_segment)"
        " order by 1, 2, 3 limit 1"
    )[0]
    visitor.open("/?channel={}&segment={}&city={}".format(*empty))
    expect(visitor.page.get_by_text("No payments from")).to_be_visible()
    expect(visitor.page.get_by_test_id("stMetric")).to_have_count(0)


def test_a_link_that_cannot_be_had_is_explained(bank: Warehouse, visitor: Visitor) -> None:
    visitor.open("/?region=Atlantis&colour=red&channel=UPI")
    expect(visitor.page.get_by_text("There is no region “Atlantis”.")).to_be_visible()
    expect(visitor.page.get_by_text("“colour” means nothing here.")).to_be_visible()
    visitor.shows(*key_figures(bank, "payment_method = 'UPI'"))


def test_spending_by_complete_months(bank: Warehouse, visitor: Visitor) -> None:
    visitor.open("/spending?months=3")
    total, essential, discretionary = bank.query(
        "select sum(total_spending),"
        " 100 * sum(total_spending) filter (where category_group = 'essential')"
        " / sum(total_spending),"
        " 100 * sum(total_spending) filter (where category_group = 'discretionary')"
        " / sum(total_spending)"
        " from dst.dst_category_trends where year = 2025 and month between 5 and 7"
    )[0]
    percents = [formats.percent(essential), formats.percent(discretionary)]
    visitor.shows(formats.money(total), *percents)
    visitor.open("/spending?months=many")
    expect(visitor.page.get_by_text("cannot be shown")).to_be_visible()


def sales_figures(bank: Warehouse, condition: str = "true") -> list[str]:
    """The four cards of the page on commerce, from the orders themselves."""
    sold, orders, earned = bank.query(
        "select sum(revenue_amount), count(distinct order_id), sum(profit_amount)"
        " from gold.fact_sales inner join gold.dim_customer using (customer_key)"
        " where order_date > (select as_of_date - 90 from gold.data_as_of)"
        f" and {condition}"
    )[0]
    margin = formats.percent(100 * earned / sold)
    return [formats.money(sold), formats.count(orders), formats.money(earned), margin]


def test_commerce_shows_the_orders(bank: Warehouse, visitor: Visitor, tmp_path: Path) -> None:
    visitor.open("/commerce")
    visitor.shows(*sales_figures(bank))
    visitor.has_charts(4, bars=5)
    (visits,) = bank.query(
        "select count(*), count(*) filter (where has_cart), count(*) filter (where has_checkout),"
        " count(*) filter (where has_purchase) from gold.shopping_sessions"
        " where session_date > (select as_of_date - 90 from gold.data_as_of)"
    )
    funnel = visitor.page.locator(".card", has_text="end with an order").locator(".bars b")
    assert funnel.all_inner_texts() == [formats.count(number) for number in visits]
    segment, department = bank.query(
        "select customer_segment, category_name from gold.fact_sales"
        " inner join gold.dim_customer using (customer_key)"
        " where order_date > (select as_of_date - 90 from gold.data_as_of)"
        " group by 1, 2 order by count(*) desc, 1, 2 limit 1"
    )[0]
    visitor.choose("Department", department)
    visitor.choose("Segment", segment)
    visitor.choose("Compare by", "Segment")
    chosen = f"category_name = '{department}' and customer_segment = '{segment}'"
    visitor.shows(*sales_figures(bank, chosen))
    visitor.page.wait_for_url("**by=segment*")
    said = urlsplit(visitor.page.url).query
    expected = {"category": [department], "segment": [segment], "by": ["segment"]}
    assert parse_qs(said) == expected

    other = Visitor(visitor.page.context.new_page(), visitor.address)
    other.open(f"/commerce?{said}")
    other.shows(*sales_figures(bank, chosen))
    with other.page.expect_download() as loading:
        other.page.get_by_test_id("stDownloadButton").get_by_role("button").click()
    file = tmp_path / "commerce.csv"
    loading.value.save_as(file)
    rows = list(csv.DictReader(file.open()))
    assert {row["segment"] for row in rows} == {segment}
    money = formats.money(sum(float(row["sales_revenue"]) for row in rows))
    assert money == sales_figures(bank, chosen)[0]


def test_data_quality_counts_every_row(bank: Warehouse, visitor: Visitor) -> None:
    visitor.open("/quality")
    delivered, quarantined = bank.query(
        "select sum(delivered_rows), sum(quarantined_rows) from gold.row_accounting"
    )[0]
    visitor.shows(formats.count(delivered), formats.count(quarantined))
    expect(visitor.page.get_by_text("all accounted for")).to_be_visible()


@pytest.mark.parametrize("path", ["payments", "spending", "commerce", "quality"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_scrolls_sideways(browser: Browser, address: str, path: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, is_mobile=width < 600)
    visitor = Visitor(context.new_page(), address)
    visitor.open("/" if path == "payments" else f"/{path}")
    main = visitor.page.get_by_test_id("stMain")
    wide, high = main.evaluate("e => [e.scrollWidth - e.clientWidth, e.scrollHeight]")
    if width > 600:  # on a phone the sidebar is folded away
        dates = visitor.page.get_by_test_id("stDateInputFieldsScroller")
        assert not any(dates.evaluate_all("all => all.map(e => e.scrollWidth - e.clientWidth)"))
    if os.environ.get("DASHBOARD_SCREENSHOTS"):
        visitor.page.set_viewport_size({"width": width, "height": high})
        visitor.settled()
        folder = Path(os.environ["DASHBOARD_SCREENSHOTS"])
        visitor.page.screenshot(path=folder / f"{path}-{width}.png")
    context.close()
    assert wide == 0
    assert not visitor.complaints


def test_a_new_day_appears_by_itself(bank: Warehouse, visitor: Visitor) -> None:
    """Nobody reloads the page; what is chosen stays chosen."""
    visitor.open("/?channel=UPI")
    before = key_figures(bank, "payment_method = 'UPI'")
    visitor.shows(*before)
    bank.generate("--date", "2025-08-21")
    bank.load()
    bank.build_models("--select", *READ)
    as_of = visitor.page.get_by_text("Data as of")
    expect(as_of).to_contain_text("21 Aug 2025")
    visitor.settled()
    after = key_figures(bank, "payment_method = 'UPI'")
    assert after != before
    visitor.shows(*after)
    expect(visitor.filter("Channel")).to_have_value("UPI")


def test_a_database_that_is_down(bank: Warehouse, browser: Browser, tmp_path: Path) -> None:
    """A page that is open keeps what it shows; a new one says what to do, and comes by itself."""
    # a page must have waited for the database in vain before it looks again
    with served(bank, tmp_path / "log", refresh=WAIT_SECONDS + 5) as address:
        context = browser.new_context()
        old, new = (Visitor(context.new_page(), address) for _ in range(2))
        old.open()
        figures = key_figures(bank)
        old.shows(*figures)
        try:
            bank.run("python", "-m", "warehouse", "stop")
            new.open()
            said = new.page.get_by_test_id("stAlert")
            expect(said).to_contain_text("cannot be reached")
            expect(said).to_contain_text("make start")
            expect(old.page.get_by_test_id("stAlert")).to_contain_text("What you see is of")
            old.shows(*figures)
        finally:
            bank.start()
        expect(new.page.get_by_test_id("stMetricValue").first).to_be_visible(timeout=60_000)
        new.settled()
        new.shows(*figures)
        context.close()
    assert "Traceback" not in (tmp_path / "log").read_text()
