-- grain: one row per application: its latest usable version

select
    application_id,
    customer_id,
    product_id,
    application_at,
    requested_amount,
    requested_term_months,
    credit_score_at_application,
    annual_income,
    debt_to_income_ratio,
    employment_length_years,
    decision,
    decision_at,
    approved_amount,
    approved_rate,
    application_channel,
    approval_probability_score,
    risk_grade,
    created_at,
    updated_at,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_credit_applications')) }}
