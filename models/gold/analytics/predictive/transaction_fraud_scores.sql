-- grain: one row per purchase or withdrawal of the last 90 days

with transactions as (
    select * from {{ ref('fact_transactions') }}
    where
        {{ is_scored_transaction() }}
        and transaction_date > {{ days_before(as_of_day(), 90) }} and transaction_date <= {{ as_of_day() }}
),

weights as (
    {{ model_weights('fraud') }}
),

logits as (
    select
        transactions.*,
        {{ model_logit('fraud', 'weights') }} as fraud_logit
    from transactions
    cross join weights
),

scored as (
    select
        *,
        {{ evaluate_once() }} as is_computed,
        round(cast({{ probability('fraud_logit') }} as numeric), 6) as fraud_probability
    from logits
),

final as (
    select
        transaction_id,
        customer_id,
        account_id,
        transaction_date,
        transaction_timestamp,
        channel,
        location_city,
        transaction_amount_abs,
        fraud_probability,
        {{ churn_risk_category('fraud_probability') }} as fraud_risk_category,
        fraud_score as delivered_fraud_score,
        is_fraud,
        is_declined,
        {{ dbt.current_timestamp() }} as dw_updated_at,
        {{ build_number() }} as _build_id
    from scored
)

select * from final
order by transaction_timestamp, transaction_id
