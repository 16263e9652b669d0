-- grain: one row per customer and action that is possible (offers) or worth its cost (retention)

with customers as (
    select * from {{ ref('predictive_analytics') }}
),

actions as (
    select * from {{ ref('action_assumptions') }}
),

acceptance as (
    select * from {{ ref('offer_acceptance') }}
),

products as (
    select
        product_id,
        product_name,
        product_category
    from {{ ref('dim_product') }}
    where is_current and not is_deleted
),

-- ------------------------------------------------ offers
candidates as (
    select
        customers.customer_id,
        customers.customer_segment,
        customers.reference_date,
        actions.action_code,
        actions.action_name,
        products.product_id,
        actions.product_name,
        acceptance.acceptance_probability as success_probability,
        actions.cost_amount,
        round(
            case actions.margin_base
                when 'idle_money' then customers.idle_money_amount
                when 'spending' then greatest(customers.spending_amount_365d, 0)
                when 'income' then coalesce(customers.annual_income, 0)
            end * actions.margin_percent / 100 * customers.lifetime_factor, 2
        ) as value_if_success_amount
    from customers
    cross join actions
    inner join products
        on actions.product_name = products.product_name
    inner join acceptance
        on actions.action_code = acceptance.action_code
    where
        actions.action_kind = 'offer'
        -- may be asked, and has nothing to settle first
        and customers.has_marketing_consent
        and customers.pending_applications = 0
        and customers.late_payments_90d = 0
        and customers.fraud_risk_category <> 'High'
        -- does not hold one yet
        and case
            when products.product_category = 'Savings' then customers.savings_accounts
            when products.product_category = 'Credit Card' then customers.credit_cards
            else customers.open_loans
        end = 0
        -- fits
        and coalesce(customers.credit_score, 0) >= coalesce(actions.min_credit_score, 0)
        and coalesce(customers.annual_income, 0) >= coalesce(actions.min_annual_income, 0)
        and (actions.max_annual_income is null or customers.annual_income < actions.max_annual_income)
        and customers.idle_money_amount >= coalesce(actions.min_idle_amount, 0)
),

valued as (
    select
        *,
        round(success_probability * value_if_success_amount - cost_amount, 2) as expected_value_amount
    from candidates
),

offers as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by expected_value_amount desc, action_code asc
        ) as action_rank
    from valued
),

-- ------------------------------------------------ retention
-- a dearer action is a step up from the next cheaper one: so much more saved, for so much more money
steps as (
    select
        action_code,
        action_name,
        assumed_share,
        cost_amount,
        assumed_share - lag(assumed_share, 1, 0) over (order by cost_amount) as extra_share,
        cost_amount - lag(cost_amount, 1, 0) over (order by cost_amount) as extra_cost_amount,
        row_number() over (order by cost_amount) as action_rank
    from actions
    where action_kind = 'retention'
),

stakes as (
    select
        customer_id,
        customer_segment,
        reference_date,
        churn_probability_365d,
        greatest(customer_lifetime_value, 0) as value_amount
    from customers
),

climbs as (
    select
        stakes.*,
        steps.action_code,
        steps.action_name,
        steps.action_rank,
        steps.cost_amount,
        steps.extra_cost_amount,
        stakes.churn_probability_365d * steps.assumed_share as success_probability,
        stakes.churn_probability_365d * steps.extra_share * stakes.value_amount - steps.extra_cost_amount
            as extra_value
    from stakes
    cross join steps
),

-- the best dollars first, until the budget is spent; see docs/decisions/0013 for when that is optimal
ranked as (
    select
        *,
        row_number() over (
            order by extra_value / extra_cost_amount desc, customer_id asc, action_rank asc
        ) as budget_rank,
        sum(extra_cost_amount) over (
            order by extra_value / extra_cost_amount desc, customer_id asc, action_rank asc
            rows between unbounded preceding and current row
        ) as budget_used_amount
    from climbs
    where round(extra_value, 2) > 0
),

funded as (
    select
        *,
        budget_used_amount <= {{ var('retention_budget') }} as is_funded,
        max(case when budget_used_amount <= {{ var('retention_budget') }} then action_rank end)
            over (partition by customer_id) as funded_rank
    from ranked
),

united as (
    select
        customer_id,
        customer_segment,
        reference_date,
        'offer' as action_kind,
        action_code,
        action_name,
        product_id,
        product_name,
        success_probability,
        value_if_success_amount,
        cost_amount,
        expected_value_amount,
        action_rank,
        action_rank = 1 and expected_value_amount > 0 as is_recommended,
        cast(null as numeric) as extra_cost_amount,
        cast(null as numeric) as extra_value_amount,
        cast(null as integer) as budget_rank,
        cast(null as numeric) as budget_used_amount,
        cast(null as numeric) as budget_amount,
        cast(null as boolean) as is_funded
    from offers
    union all
    select
        customer_id,
        customer_segment,
        reference_date,
        'retention' as action_kind,
        action_code,
        action_name,
        cast(null as bigint) as product_id,
        cast(null as {{ dbt.type_string() }}) as product_name,
        success_probability,
        value_amount as value_if_success_amount,
        cost_amount,
        round(success_probability * value_amount - cost_amount, 2) as expected_value_amount,
        action_rank,
        coalesce(action_rank = funded_rank, false) as is_recommended,
        extra_cost_amount,
        round(extra_value, 2) as extra_value_amount,
        cast(budget_rank as integer) as budget_rank,
        budget_used_amount,
        cast({{ var('retention_budget') }} as numeric) as budget_amount,
        is_funded
    from funded
),

final as (
    select
        {{ surrogate_key(['customer_id', 'action_code']) }} as prescription_key,
        customer_id,
        customer_segment,
        reference_date,
        action_kind,
        action_code,
        action_name,
        product_id,
        product_name,
        round(success_probability, 6) as success_probability,
        value_if_success_amount,
        cost_amount,
        expected_value_amount,
        round(100.0 * expected_value_amount / nullif(cost_amount, 0), 2) as expected_roi_percent,
        cast(action_rank as integer) as action_rank,
        is_recommended,
        extra_cost_amount,
        extra_value_amount,
        budget_rank,
        budget_used_amount,
        budget_amount,
        is_funded,
        {{ dbt.current_timestamp() }} as dw_updated_at,
        {{ build_number() }} as _build_id
    from united
)

select * from final
order by customer_id, action_kind, action_rank
