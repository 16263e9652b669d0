-- grain: one row per active customer
-- What everybody reads: names are masked for all but the owner.
{{ config(materialized='view') }}

select
    people.customer_id,
    {{ masked_name("people.person_name") }} as person_name,
    as_of.as_of_date,
    people.period_start_date,
    people.period_end_date,
    people.months_observed,
    people.coverage,
    people.income_bracket,
    people.household,
    people.financial_health_grade,
    people.financial_health_score,
    people.year_ago_health_score,
    people.weakest_part,
    {% for name in health_components() -%}
    people.{{ name }}_score,
    {% endfor -%}
    people.savings_rate_percent,
    people.buffer_months,
    people.debt_service_percent,
    people.late_payment_percent,
    people.discretionary_percent,
    people.essential_to_discretionary_ratio,
    people.ratio_reading,
    people.monthly_income_amount,
    people.monthly_spending_amount,
    people.monthly_essential_amount,
    people.monthly_discretionary_amount,
    people.asset_amount
from {{ ref('financial_health_private') }} as people
cross join {{ ref('as_of_date') }} as as_of
