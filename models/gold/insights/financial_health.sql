-- grain: one row per active customer
-- What everybody reads: names are masked for all but the owner.
{{ config(materialized='view') }}

select
    customer_id,
    {{ masked_name("person_name") }} as person_name,
    as_of_date,
    period_start_date,
    period_end_date,
    months_observed,
    coverage,
    income_bracket,
    household,
    financial_health_grade,
    financial_health_score,
    year_ago_health_score,
    weakest_part,
    {% for name in health_components() -%}
    {{ name }}_score,
    {% endfor -%}
    savings_rate_percent,
    buffer_months,
    debt_service_percent,
    late_payment_percent,
    discretionary_percent,
    essential_to_discretionary_ratio,
    ratio_reading,
    monthly_income_amount,
    monthly_spending_amount,
    monthly_essential_amount,
    monthly_discretionary_amount,
    asset_amount
from {{ ref('financial_health_private') }}
