-- grain: one row per customer version
-- A view, so that what depends on who asks (masks) and on the day (age, tenure) is never stale.
{{ config(materialized='view') }}

with versions as (
    select
        private.*,
        {{ sees_personal_data() }} as is_clear,
        case when private.is_current then as_of.as_of_date else private.end_date end as described_on
    from {{ ref('dim_customer_private') }} as private
    cross join {{ ref('as_of_date') }} as as_of
),

aged as (
    select
        *,
        {{ full_years('date_of_birth', 'described_on') }} as age,
        greatest({{ dbt.datediff('signup_date', 'described_on', 'month') }}, 0) as tenure_months
    from versions
),

final as (
    select
        customer_key,
        customer_id,
        case when is_clear then first_name else substr(first_name, 1, 1) || '.' end as first_name,
        case when is_clear then last_name else substr(last_name, 1, 1) || '.' end as last_name,
        {{ masked_name('full_name') }} as full_name,
        case when is_clear then email else '***@' || split_part(email, '@', 2) end as email,
        case when is_clear then phone else '***-' || substr(phone, length(phone) - 1) end as phone,
        case when is_clear then date_of_birth end as date_of_birth,
        cast(age as integer) as age,
        {{ age_group('age') }} as age_group,
        city,
        state,
        case when is_clear then zip_code else substr(zip_code, 1, 3) || '**' end as zip_code,
        country,
        employment_status,
        education_level,
        marital_status,
        number_of_dependents,
        home_ownership,
        credit_score,
        credit_score_band,
        annual_income,
        income_bracket,
        customer_segment,
        life_stage,
        risk_segment,
        loyalty_tier,
        preferred_channel,
        marketing_opt_in,
        acquisition_channel,
        cast(tenure_months as integer) as tenure_months,
        customer_lifetime_value,
        churn_risk_score,
        churn_risk_category,
        is_active,
        is_deleted,
        signup_date,
        last_login_at as last_login_date,
        effective_date,
        end_date,
        is_current,
        valid_from,
        valid_to,
        dw_created_at,
        dw_updated_at
    from aged
)

select * from final
