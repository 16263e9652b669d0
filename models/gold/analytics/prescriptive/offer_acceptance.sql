-- grain: one row per offer

with offers as (
    select * from {{ ref('action_assumptions') }}
    where action_kind = 'offer'
),

assumptions as (
    {{ value_assumptions() }}
),

products as (
    select
        product_name,
        product_category
    from {{ ref('dim_product') }}
    where is_current
),

accounts as (
    select
        accounts.customer_id,
        accounts.open_date,
        accounts.close_date,
        products.product_category
    from {{ ref('dim_account') }} as accounts
    inner join {{ ref('dim_product') }} as products
        on accounts.product_id = products.product_id and products.is_current
    where accounts.is_current
),

-- offers made long enough ago to be answered, and those drawn by lot not to be made
contacts as (
    select
        interactions.interaction_id,
        interactions.customer_id,
        interactions.campaign_group,
        campaigns.product_promoted as product_name,
        products.product_category,
        assumptions.response_days,
        cast(interactions.interaction_at as date) as contact_date
    from {{ ref('fact_customer_interactions') }} as interactions
    inner join {{ ref('stg_marketing_campaigns') }} as campaigns
        on interactions.campaign_id = campaigns.campaign_id
    inner join products
        on campaigns.product_promoted = products.product_name
    cross join assumptions
    where
        {{ dbt.datediff('interactions.interaction_at', as_of_day(), 'day') }} >= assumptions.response_days
        and interactions.campaign_group in ('treated', 'control')
),

-- whoever held such a product already could not open the first one
answers as (
    select
        contacts.interaction_id,
        contacts.product_name,
        contacts.campaign_group,
        coalesce(max(case
            when accounts.open_date < contacts.contact_date and coalesce(accounts.close_date, contacts.contact_date)
                >= contacts.contact_date then 1
        end), 0) as has_held,
        coalesce(max(case
            when accounts.open_date >= contacts.contact_date
                and {{ dbt.datediff('contacts.contact_date', 'accounts.open_date', 'day') }} < contacts.response_days
                then 1
        end), 0) as has_opened
    from contacts
    left join accounts
        on
            contacts.customer_id = accounts.customer_id
            and contacts.product_category = accounts.product_category
    group by contacts.interaction_id, contacts.product_name, contacts.campaign_group
),

responses as (
    select
        product_name,
        count(*) filter (where campaign_group = 'treated') as treated_count,
        count(*) filter (where campaign_group = 'control') as control_count,
        sum(has_opened) filter (where campaign_group = 'treated') as treated_opened,
        sum(has_opened) filter (where campaign_group = 'control') as control_opened
    from answers
    where has_held = 0
    group by product_name
),

measured as (
    select
        offers.action_code,
        offers.product_name,
        offers.assumed_share as assumed_acceptance,
        assumptions.acceptance_prior_contacts,
        coalesce(responses.treated_count, 0) as treated_count,
        coalesce(responses.control_count, 0) as control_count,
        coalesce(responses.treated_opened, 0) as treated_opened,
        coalesce(responses.control_opened, 0) as control_opened,
        1.0 * responses.treated_opened / nullif(responses.treated_count, 0)
        - 1.0 * responses.control_opened / nullif(responses.control_count, 0) as measured_uplift,
        -- two groups tell as much about their difference as this many rows of one
        1.0 * responses.treated_count * responses.control_count
        / nullif(responses.treated_count + responses.control_count, 0) as effective_count
    from offers
    cross join assumptions
    left join responses
        on offers.product_name = responses.product_name
),

final as (
    select
        action_code,
        product_name,
        cast(treated_count as integer) as treated_count,
        cast(treated_opened as integer) as treated_opened,
        cast(control_count as integer) as control_count,
        cast(control_opened as integer) as control_opened,
        round(measured_uplift, 6) as measured_uplift,
        assumed_acceptance,
        round(greatest(
            (acceptance_prior_contacts * assumed_acceptance + coalesce(effective_count * measured_uplift, 0))
            / (acceptance_prior_contacts + coalesce(case when measured_uplift is not null then effective_count end, 0)),
            0
        ), 6) as acceptance_probability,
        measured_uplift is not null as is_measured,
        {{ dbt.current_timestamp() }} as dw_updated_at,
        {{ build_number() }} as _build_id
    from measured
)

select * from final
