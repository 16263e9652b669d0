-- grain: one row per customer version
-- Names and addresses in clear: for the owner only. Everybody else reads dim_customer.
{{ config(grants={'select': []}) }}

with versions as (
    select * from {{ ref('customers_snapshot') }}
    {%- if is_incremental() %}
    where customer_id in (
            select changed.customer_id from {{ ref('customers_snapshot') }} as changed
            where changed._recorded_build_id > {{ watermark() }}
        )
    {%- endif %}
),

final as (
    select
        ---------- ids
        {{ surrogate_key(['customer_id', 'updated_at']) }} as customer_key,
        customer_id,
        ---------- person
        first_name,
        last_name,
        first_name || ' ' || last_name as full_name,
        email,
        phone,
        date_of_birth,
        address,
        city,
        state,
        zip_code,
        country,
        employment_status,
        employer,
        job_title,
        education_level,
        marital_status,
        number_of_dependents,
        home_ownership,
        ---------- finances
        credit_score,
        {{ credit_score_band('credit_score') }} as credit_score_band,
        annual_income,
        {{ income_bracket('annual_income') }} as income_bracket,
        ---------- relationship
        customer_segment,
        life_stage,
        risk_segment,
        loyalty_tier,
        preferred_channel,
        marketing_opt_in,
        acquisition_channel,
        customer_lifetime_value,
        churn_risk_score,
        {{ churn_risk_category('churn_risk_score') }} as churn_risk_category,
        is_active,
        is_deleted,
        signup_date,
        last_login_at,
        ---------- validity
        {{ validity_columns() }}
    from versions
)

select * from final
