-- grain: one row per customer who is with the bank on the as-of date

with features as (
    {{ customer_features(as_of_day()) }}
),

churn_90d_weights as (
    {{ model_weights('churn_90d') }}
),

churn_365d_weights as (
    {{ model_weights('churn_365d') }}
),

late_payment_weights as (
    {{ model_weights('late_payment_90d') }}
),

base_rates as (
    select
        max(case when model = 'churn_90d' then base_rate end) as churn_90d,
        max(case when model = 'late_payment_90d' then base_rate end) as late_payment_90d
    from {{ ref('trained_models') }}
),

assumptions as (
    {{ value_assumptions() }}
),

frauds as (
    select
        customer_id,
        max(fraud_probability) as fraud_risk_score
    from {{ ref('transaction_fraud_scores') }}
    where transaction_date > {{ days_before(as_of_day(), 30) }}
    group by customer_id
),

logits as (
    select
        features.customer_id,
        {{ evaluate_once() }} as is_computed,
        {{ model_logit('churn_90d', 'churn_90d_weights') }} as churn_90d,
        {{ model_logit('churn_365d', 'churn_365d_weights') }} as churn_365d,
        -- who owes no instalments cannot be late with one
        case when features.open_loans > 0 then {{ model_logit('late_payment_90d', 'late_payment_weights') }} end
            as late_payment_90d
    from features
    cross join churn_90d_weights
    cross join churn_365d_weights
    cross join late_payment_weights
),

scores as (
    select
        logits.customer_id,
        round(cast({{ probability('logits.churn_90d') }} as numeric), 6) as churn_probability_90d,
        round(cast({{ probability('logits.churn_365d') }} as numeric), 6) as churn_probability_365d,
        round(cast({{ relative_risk_score('logits.churn_90d', 'base_rates.churn_90d') }} as numeric), 4)
            as churn_risk_score,
        round(cast({{ probability('logits.late_payment_90d') }} as numeric), 6) as late_payment_probability_90d,
        round(
            cast({{ relative_risk_score('logits.late_payment_90d', 'base_rates.late_payment_90d') }} as numeric), 4
        ) as credit_risk_score,
        round(coalesce(frauds.fraud_risk_score, 0), 4) as fraud_risk_score
    from logits
    cross join base_rates
    left join frauds
        on logits.customer_id = frauds.customer_id
),

-- the margin of a year; a shorter acquaintance is scaled up, but not from less than 90 days
margins as (
    select
        features.customer_id,
        round((
            features.fee_amount_365d + features.revenue_amount_365d
            + features.avg_deposits_365d * assumptions.deposit_margin_percent / 100
            + features.avg_debt_365d * assumptions.lending_margin_percent / 100
            - features.service_contacts_365d * assumptions.contact_cost_amount
        ) * 365 / greatest(least(features.tenure_days + 1, 365), 90), 2) as annual_margin_amount
    from features
    cross join assumptions
),

-- what a dollar of yearly margin is worth: each year all but the leavers bring it, discounted from mid-year
lifetimes as (
    select
        scores.customer_id,
        (1 - scores.churn_probability_365d) / (1 + assumptions.discount_rate_percent / 100) as yearly_factor,
        assumptions.value_horizon_years
    from scores
    cross join assumptions
),

final as (
    select
        features.*,
        ---------- churn
        scores.churn_risk_score,
        {{ churn_risk_category('scores.churn_risk_score') }} as churn_risk_category,
        scores.churn_probability_90d,
        scores.churn_probability_365d,
        ---------- fraud and credit
        scores.fraud_risk_score,
        {{ churn_risk_category('scores.fraud_risk_score') }} as fraud_risk_category,
        scores.credit_risk_score,
        case
            when features.open_loans = 0 then 'No loan'
            else {{ churn_risk_category('scores.credit_risk_score') }}
        end as credit_risk_category,
        scores.late_payment_probability_90d,
        ---------- value
        margins.annual_margin_amount,
        round({{ annuity('lifetimes.yearly_factor', 'lifetimes.value_horizon_years') }}, 4) as lifetime_factor,
        round(
            margins.annual_margin_amount * {{ annuity('lifetimes.yearly_factor', 'lifetimes.value_horizon_years') }}, 2
        ) as customer_lifetime_value,
        ---------- what offers depend on
        greatest(coalesce(features.min_checking_balance_90d, 0), 0) as idle_money_amount,
        {{ percent_of('4 * features.loan_paid_amount_90d', 'features.annual_income') }} as debt_to_income_percent,
        ---------- load
        {{ dbt.current_timestamp() }} as dw_updated_at,
        {{ build_number() }} as _build_id
    from features
    inner join scores
        on features.customer_id = scores.customer_id
    inner join margins
        on features.customer_id = margins.customer_id
    inner join lifetimes
        on features.customer_id = lifetimes.customer_id
)

select * from final
order by customer_id
