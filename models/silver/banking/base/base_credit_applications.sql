-- grain: one row per delivered row of bronze.credit_applications

{% set columns = [
    'application_id', 'customer_id', 'product_id', 'application_at',
    'requested_amount', 'requested_term_months', 'credit_score_at_application', 'annual_income',
    'debt_to_income_ratio', 'employment_length_years', 'decision', 'decision_at',
    'approved_amount', 'approved_rate', 'application_channel', 'approval_probability_score',
    'risk_grade', 'created_at', 'updated_at'
] %}

with delivered as (
    {{ new_deliveries('credit_applications') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('application_id') }} as application_id,
        {{ clean_integer('customer_id') }} as customer_id,
        {{ clean_integer('product_id') }} as product_id,
        {{ clean_timestamp('application_date') }} as application_at,
        {{ clean_numeric('requested_amount') }} as requested_amount,
        {{ clean_integer('requested_term_months') }} as requested_term_months,
        {{ clean_integer('credit_score_at_application') }} as credit_score_at_application,
        {{ clean_numeric('annual_income') }} as annual_income,
        {{ clean_numeric('debt_to_income_ratio') }} as debt_to_income_ratio,
        {{ clean_numeric('employment_length_years') }} as employment_length_years,
        {{ clean_text('decision') }} as decision,
        {{ clean_timestamp('decision_date') }} as decision_at,
        {{ clean_numeric('approved_amount') }} as approved_amount,
        {{ clean_numeric('approved_rate') }} as approved_rate,
        {{ clean_text('application_channel') }} as application_channel,
        {{ clean_numeric('approval_probability_score') }} as approval_probability_score,
        {{ clean_text('risk_grade') }} as risk_grade,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case
            when application_id is null then 'missing_id'
            when application_at is null then 'unreadable_date'
            when requested_amount <= 0 or approved_amount < 0 then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'application_id') }}
),

customers as (
    select customer_id from {{ ref('base_customers') }}
    where disposition = 'kept'
    group by customer_id
),

resolved as (
    select
        candidates.*,
        case
            when candidates.row_defect is not null then candidates.row_defect
            when customers.customer_id is null then 'orphan_customer'
        end as quarantine_reason
    from candidates
    left join customers
        on candidates.customer_id = customers.customer_id
),

{{ verdicts('resolved', columns, 'application_id') }}

select * from final
