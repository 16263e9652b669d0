-- grain: one row per active customer, category and kind of spending of the last twelve complete months

with spending as (
    select * from {{ ref('person_spending') }}
    where months_with_spending > 0
),

people as (
    select * from {{ ref('financial_health_private') }}
)

select
    spending.person_spending_key,
    spending.customer_id,
    {{ masked_name("people.person_name") }} as person_name,
    spending.category_name,
    spending.category_group,
    spending.spending_kind,
    as_of.as_of_date,
    spending.period_start_date,
    spending.period_end_date,
    spending.months_observed,
    spending.period_amount,
    spending.monthly_amount,
    spending.share_of_spending_percent,
    spending.purchase_count,
    spending.avg_purchase_amount,
    spending.months_with_spending,
    spending.highest_month_amount,
    spending.weekend_percent,
    spending.evening_night_percent,
    case
        when spending.spending_kind <> 'flexible' then spending.spending_kind
        when spending.weekend_percent > 50 then 'weekends'
        when spending.evening_night_percent > 50 then 'evenings and nights'
        when 4 * spending.months_with_spending <= spending.months_observed then 'now and then'
        else 'spread out'
    end as pattern,
    spending.previous_monthly_amount,
    spending.change_amount,
    spending.trend_direction,
    spending.is_increase,
    spending.peer_group,
    spending.peer_count,
    spending.peer_median_amount,
    spending.peer_upper_quartile_amount,
    spending.is_above_peers,
    people.essential_to_discretionary_ratio,
    people.ratio_reading
from spending
inner join people
    on spending.customer_id = people.customer_id
cross join {{ ref('as_of_date') }} as as_of
