"""Report 09, financial health: what lifestyle choices can ease people's financial burden?

``--customer ID`` writes the page of one person, with the evidence for each recommendation.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a script started by its path

from analytics_viz.charts import health as charts
from analytics_viz.data import Warehouse
from analytics_viz.queries import health as queries
from analytics_viz.report import Chart, Report, main
from warehouse.errors import WarehouseError


def for_customer(warehouse: Warehouse, customer: int) -> Report:
    """The report of one person.

    Raises:
        WarehouseError: there is no such customer, or not any more.
    """
    parameters = {"customer": customer}
    people = warehouse.frame(queries.PERSON, parameters)
    if people.empty:
        if warehouse.value(queries.FORMER_CUSTOMER, parameters):
            raise WarehouseError(
                f"Customer {customer} has left the bank: choose an active customer,"
                " one of those in gold.financial_health."
            )
        raise WarehouseError(
            f"There is no customer {customer}: give --customer an id of gold.financial_health."
        )
    return Report(
        # without a number in front: the index lists what is about all
        name=f"financial_health_customer_{customer}",
        title=f"Financial health of {people['person_name'][0]}",
        question="What lifestyle choices can ease my financial burden?",
        summary=f"Grade, possible savings with their evidence, and budgets of customer {customer}.",
        kpis=queries.PERSON_KPIS,
        parameters=parameters,
        charts=(
            Chart("score", charts.score, queries.PERSON_PARTS),
            Chart("savings", charts.savings, queries.PERSON_SAVINGS),
            Chart("recommendations", charts.recommendations, queries.PERSON_SAVINGS, is_wide=True),
            Chart("evidence", charts.evidence, queries.PERSON_EVIDENCE, is_wide=True),
            Chart("months", charts.months, queries.PERSON_MONTHS, is_wide=True),
            Chart("budgets", charts.budgets, queries.PERSON_BUDGETS),
            Chart("habits", charts.habits, queries.PERSON_HABITS),
        ),
    )


REPORT = Report(
    name="09_financial_health",
    title="Financial health",
    question="What lifestyle choices can ease people's financial burden?",
    summary="How healthy people's finances are, what they could save and by what, which budgets"
    " will not do; --customer makes the page of one person.",
    kpis=queries.KPIS,
    charts=(
        Chart("grades", charts.grades, queries.GRADES),
        Chart("parts", charts.parts, queries.PARTS),
        Chart("levers", charts.levers, queries.LEVERS, is_wide=True),
        Chart("savings_rates", charts.savings_rates, queries.SAVINGS_RATES),
        Chart("budget_alerts", charts.budget_alerts, queries.BUDGETS_BY_CATEGORY),
    ),
    days=365,
    for_customer=for_customer,
)

if __name__ == "__main__":
    sys.exit(main(REPORT))
