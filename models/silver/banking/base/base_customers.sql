-- grain: one row per delivered row of bronze.customers

{% set columns = [
    'customer_id', 'first_name', 'last_name', 'email',
    'phone', 'date_of_birth', 'ssn', 'address',
    'city', 'state', 'zip_code', 'country',
    'signup_date', 'credit_score', 'annual_income', 'employment_status',
    'employer', 'job_title', 'education_level', 'marital_status',
    'number_of_dependents', 'home_ownership', 'customer_segment', 'life_stage',
    'risk_segment', 'is_active', 'preferred_channel', 'marketing_opt_in',
    'loyalty_tier', 'customer_lifetime_value', 'churn_risk_score', 'last_login_at',
    'acquisition_channel', 'created_at', 'updated_at', 'is_deleted'
] %}

with delivered as (
    {{ new_deliveries('customers') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('customer_id') }} as customer_id,
        {{ clean_text('first_name') }} as first_name,
        {{ clean_text('last_name') }} as last_name,
        {{ clean_text('email') }} as email,
        {{ clean_text('phone') }} as phone,
        {{ clean_date('date_of_birth') }} as date_of_birth,
        {{ clean_text('ssn') }} as ssn,
        {{ clean_text('address') }} as address,
        {{ clean_text('city') }} as city,
        {{ clean_text('state') }} as state,
        {{ clean_text('zip_code') }} as zip_code,
        {{ clean_text('country') }} as country,
        {{ clean_date('signup_date') }} as signup_date,
        {{ clean_integer('credit_score') }} as credit_score,
        {{ clean_numeric('annual_income') }} as annual_income,
        {{ clean_text('employment_status') }} as employment_status,
        {{ clean_text('employer') }} as employer,
        {{ clean_text('job_title') }} as job_title,
        {{ clean_text('education_level') }} as education_level,
        {{ clean_text('marital_status') }} as marital_status,
        {{ clean_integer('number_of_dependents') }} as number_of_dependents,
        {{ clean_text('home_ownership') }} as home_ownership,
        {{ clean_text('customer_segment') }} as customer_segment,
        {{ clean_text('life_stage') }} as life_stage,
        {{ clean_text('risk_segment') }} as risk_segment,
        {{ clean_boolean('is_active') }} as is_active,
        {{ clean_text('preferred_channel') }} as preferred_channel,
        {{ clean_boolean('marketing_opt_in') }} as marketing_opt_in,
        {{ clean_text('loyalty_tier') }} as loyalty_tier,
        {{ clean_numeric('customer_lifetime_value') }} as customer_lifetime_value,
        {{ clean_numeric('churn_risk_score') }} as churn_risk_score,
        {{ clean_timestamp('last_login_date') }} as last_login_at,
        {{ clean_text('acquisition_channel') }} as acquisition_channel,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        coalesce({{ clean_boolean('is_deleted') }}, false) as is_deleted
    from delivered
),

checked as (
    select
        *,
        case
            when customer_id is null then 'missing_id'
            when signup_date is null then 'unreadable_date'
            when
                annual_income < 0
                or credit_score not between 300 and 850
                or date_of_birth > signup_date
                then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'customer_id') }}
),

resolved as (
    select
        *,
        row_defect as quarantine_reason
    from candidates
),

{{ verdicts('resolved', columns, 'customer_id') }}

select * from final
