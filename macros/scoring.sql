{#- Scores from stored coefficients. A model is a logistic regression on the terms below; training reads the
    same terms (`python -m training`), so what is fitted is what is scored. See docs/decisions/0013. -#}

{% macro model_drivers(kind) -%}
    {#- driver: {term: expression over the columns of customer_features, or of fact_transactions for 'fraud'}.
        A term is never NULL. Several steps of one quantity let the data choose where the risk changes; the
        scores that the source delivers are left out, so that ours stand on behaviour alone. Logarithms are
        taken of floats: of a `numeric` they last fifty times as long. -#}
    {{- return({
        'churn': {
            'Tenure': {
                'tenure_up_to_1_year': 'least(tenure_days, 365) / 365.0',
                'tenure_up_to_2_years': 'least(tenure_days, 730) / 365.0',
                'tenure_up_to_4_years': 'least(tenure_days, 1461) / 365.0',
                'tenure_up_to_8_years': 'least(tenure_days, 2922) / 365.0',
            },
            'Bad service': {
                'bad_rating_30d': 'case when bad_ratings_30d > 0 then 1 else 0 end',
                'bad_rating_90d': 'case when bad_ratings_90d > 0 then 1 else 0 end',
                'bad_rating_180d': 'case when bad_ratings_180d > 0 then 1 else 0 end',
                'unresolved_contact_90d': 'case when unresolved_contacts_90d > 0 then 1 else 0 end',
                'complaint_90d': 'case when complaints_90d > 0 then 1 else 0 end',
            },
            'Checking balance': {
                'checking_overdrawn': 'case when checking_balance_amount < 0 then 1 else 0 end',
                'checking_below_100': 'case when checking_balance_amount < 100 then 1 else 0 end',
                'checking_below_200': 'case when checking_balance_amount < 200 then 1 else 0 end',
                'checking_below_500': 'case when checking_balance_amount < 500 then 1 else 0 end',
                'checking_below_1000': 'case when checking_balance_amount < 1000 then 1 else 0 end',
            },
            'Segment': {
                'segment_student': "case when customer_segment = 'Student' then 1 else 0 end",
                'segment_mass_affluent': "case when customer_segment = 'Mass Affluent' then 1 else 0 end",
                'segment_affluent': "case when customer_segment = 'Affluent' then 1 else 0 end",
                'segment_private_banking': "case when customer_segment = 'Private Banking' then 1 else 0 end",
            },
            'Open loan': {
                'has_open_loan': 'case when open_loans > 0 then 1 else 0 end',
                'has_pending_application': 'case when pending_applications > 0 then 1 else 0 end',
            },
            'Other products': {
                'has_credit_card': 'case when credit_cards > 0 then 1 else 0 end',
                'has_savings': 'case when savings_accounts > 0 then 1 else 0 end',
            },
            'Activity': {
                'transactions_90d_log': 'ln(' ~ as_float('1 + total_transactions_90d') ~ ')',
                'months_since_last_transaction': 'coalesce(days_since_last_transaction, 365) / 30.0',
                'transaction_trend_30d': 'coalesce(transaction_trend_30d, 1)',
                'declined_transactions_90d': 'least(declined_transactions_90d, 5)',
            },
        },
        'late_payment': {
            'Credit score': {
                'credit_score_100': 'coalesce(credit_score, 700) / 100.0',
            },
            'Checking balance': {
                'checking_overdrawn': 'case when checking_balance_amount < 0 then 1 else 0 end',
                'checking_below_200': 'case when checking_balance_amount < 200 then 1 else 0 end',
                'checking_below_500': 'case when checking_balance_amount < 500 then 1 else 0 end',
                'checking_below_1000': 'case when checking_balance_amount < 1000 then 1 else 0 end',
                'lowest_checking_90d_below_200': 'case when min_checking_balance_90d < 200 then 1 else 0 end',
            },
            'Earlier late payments': {
                'late_payment_30d': 'case when late_payments_30d > 0 then 1 else 0 end',
                'late_payments_180d': 'least(late_payments_180d, 4)',
                'late_over_30_days_90d': 'case when max_days_late_90d > 30 then 1 else 0 end',
            },
            'Overdue now': {
                'overdue_now': 'case when overdue_instalments > 0 then 1 else 0 end',
                'overdue_twice': 'case when overdue_instalments > 1 then 1 else 0 end',
            },
            'Burden': {
                'debt_service_percent':
                    'least(coalesce(400.0 * loan_paid_amount_90d / nullif(annual_income, 0), 0), 100)',
                'credit_used_over_half': 'case when credit_used_percent > 50 then 1 else 0 end',
                'more_than_one_loan': 'case when open_loans > 1 then 1 else 0 end',
                'income_log': 'ln(' ~ as_float('greatest(coalesce(annual_income, 0), 1000)') ~ ')',
            },
        },
        'fraud': {
            'Time of day': {
                'at_night': 'case when is_night then 1 else 0 end',
            },
            'Online': {
                'online': 'case when is_online then 1 else 0 end',
            },
            'Merchant': {
                'risky_merchant': 'case when is_high_risk_merchant then 1 else 0 end',
                'merchant_risk_score': 'coalesce(merchant_risk_score, 0)',
            },
            'Distance from home': {
                'far_from_home': 'case when distance_from_home_km >= 500 then 1 else 0 end',
            },
            'Burst in 24 hours': {
                'second_in_24h': 'case when velocity_24h >= 2 then 1 else 0 end',
                'third_in_24h': 'case when velocity_24h >= 3 then 1 else 0 end',
                'fourth_in_24h': 'case when velocity_24h >= 4 then 1 else 0 end',
            },
            'Amount': {
                'amount_deviation': 'greatest(least(coalesce(amount_deviation_score, 0), 4), -3)',
                'small_test_amount': 'case when transaction_amount_abs < 5 then 1 else 0 end',
                'amount_log': 'ln(' ~ as_float('greatest(transaction_amount_abs, 0.01)') ~ ')',
            },
        },
    }[kind]) -}}
{%- endmacro %}

{% macro model_terms(kind) -%}
    {%- set terms = {} -%}
    {%- for driver in model_drivers(kind).values() -%}
        {%- do terms.update(driver) -%}
    {%- endfor -%}
    {{- return(terms) -}}
{%- endmacro %}

{% macro model_kind(model) -%}
    {{- return({
        'churn_90d': 'churn', 'churn_365d': 'churn', 'late_payment_90d': 'late_payment', 'fraud': 'fraud'
    }[model]) -}}
{%- endmacro %}

{% macro is_scored_transaction() -%}
    {#- What can be card fraud: somebody pays or draws money. -#}
    transaction_type in ('purchase', 'withdrawal')
{%- endmacro %}

{% macro model_weights(model) -%}
    {#- grain: one row. The stored coefficients belong to standardised terms; here they are turned into an
        intercept and one weight for each term as it stands. -#}
    select
        cast(sum(case when term = '(intercept)' then coefficient else -coefficient * mean / scale end)
            as {{ dbt.type_float() }}) as intercept
        {%- for term in model_terms(model_kind(model)) %},
        cast(max(case when term = '{{ term }}' then coefficient / scale end) as {{ dbt.type_float() }}) as {{ term }}_weight
        {%- endfor %}
    from {{ ref('trained_coefficients') }}
    where model = '{{ model }}'
{%- endmacro %}

{% macro model_logit(model, weights) -%}
    {#- Log odds of the event, to be used where the columns of the terms and the row of `weights` meet. -#}
    {{ weights }}.intercept
    {%- for term, expression in model_terms(model_kind(model)).items() %}
        + {{ weights }}.{{ term }}_weight * ({{ expression }})
    {%- endfor %}
{%- endmacro %}

{% macro probability(logit) -%}
    {#- The logistic function, as a tanh: that neither overflows nor makes something of nothing known, and
        names the log odds once, so that they are calculated once. -#}
    (1 + tanh(({{ logit }}) / 2)) / 2
{%- endmacro %}

{% macro relative_risk_score(logit, base_rate) -%}
    {#- 0-1: the probability the event would have if it were as common as its absence. 0.5 is the average
        of the training population, above 0.7 the odds are more than 7/3 of the average. -#}
    {{ probability(logit ~ ' - ln(' ~ base_rate ~ ' / (1 - ' ~ base_rate ~ '))') }}
{%- endmacro %}

{% macro value_assumptions() -%}
    {#- grain: one row; the assumptions about money (seeds/models/value_assumptions.csv), one column each. -#}
    select
        {%- for name in [
            'deposit_margin_percent', 'lending_margin_percent', 'contact_cost_amount', 'discount_rate_percent',
            'value_horizon_years', 'acceptance_prior_contacts', 'response_days'
        ] %}
        max(case when assumption = '{{ name }}' then value end) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('value_assumptions') }}
{%- endmacro %}

{% macro annuity(factor, years) -%}
    {#- factor^0.5 + factor^1.5 + … for each year: payments in mid-year. `factor` is below 1. -#}
    power({{ factor }}, 0.5) * (1 - power({{ factor }}, {{ years }})) / (1 - {{ factor }})
{%- endmacro %}

{% macro training_rows(day) -%}
    {#- What the customer models are trained on: their terms at the end of a past day. -#}
    select
        customer_id,
        open_loans
        {%- for kind in ['churn', 'late_payment'] %}
        {%- for term, expression in model_terms(kind).items() %},
        cast({{ expression }} as {{ dbt.type_float() }}) as {{ kind }}__{{ term }}
        {%- endfor %}
        {%- endfor %}
    from ({{ customer_features(day) }}) as features
    order by customer_id
{%- endmacro %}

{% macro training_transactions(first_day, last_day) -%}
    {#- What the fraud model is trained on. -#}
    select
        transaction_id,
        customer_id,
        transaction_date,
        is_fraud
        {%- for term, expression in model_terms('fraud').items() %},
        cast({{ expression }} as {{ dbt.type_float() }}) as fraud__{{ term }}
        {%- endfor %}
    from {{ ref('fact_transactions') }}
    where
        {{ is_scored_transaction() }}
        and transaction_date >= {{ first_day }} and transaction_date <= {{ last_day }}
    order by transaction_id
{%- endmacro %}
