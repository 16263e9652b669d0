-- grain: one row per active customer and habit that could be changed
-- The habits among the recommendations, in visits instead of dollars: not to be added to them.

with savings as (
    select
        *,
        1.0 * purchase_count / months_observed as purchases_per_month
    from {{ ref('person_spending') }}
    where monthly_saving_amount > 0 and purchase_count > 0
),

people as (
    select * from {{ ref('financial_health_private') }}
),

levers as (
    select * from {{ ref('savings_levers') }}
    where lever_kind = 'lifestyle'
)

select
    savings.person_spending_key as recommendation_key,
    savings.customer_id,
    {{ masked_name("people.person_name") }} as person_name,
    cast(row_number() over (
        partition by savings.customer_id
        order by savings.monthly_saving_amount desc, savings.person_spending_key asc
    ) as integer) as improvement_rank,
    as_of.as_of_date,
    savings.lever_code,
    levers.lever_name,
    savings.category_name,
    savings.category_group,
    savings.spending_kind,
    levers.advice,
    round(savings.purchases_per_month, 1) as purchases_per_month,
    savings.avg_purchase_amount,
    -- less often what is decided each time, smaller what recurs by itself
    case
        when savings.spending_kind = 'flexible'
            then round(savings.purchases_per_month * savings.reference_amount / savings.monthly_amount, 1)
        else round(savings.purchases_per_month, 1)
    end as suggested_purchases_per_month,
    case
        when savings.spending_kind = 'flexible' then savings.avg_purchase_amount
        else round(savings.avg_purchase_amount * savings.reference_amount / savings.monthly_amount, 2)
    end as suggested_purchase_amount,
    savings.monthly_amount,
    savings.reference_amount as suggested_monthly_amount,
    levers.replacement_percent,
    savings.monthly_saving_amount,
    12 * savings.monthly_saving_amount as yearly_saving_amount,
    {{ percent_of('savings.monthly_saving_amount', 'savings.monthly_amount') }} as saving_percent,
    {{ percent_of('savings.monthly_saving_amount', 'people.monthly_income_amount') }} as saving_percent_of_income,
    savings.weekend_percent,
    savings.evening_night_percent,
    savings.reference_basis,
    savings.previous_monthly_amount,
    savings.peer_group,
    savings.peer_count,
    savings.peer_upper_quartile_amount
from savings
inner join people
    on savings.customer_id = people.customer_id
cross join {{ ref('as_of_date') }} as as_of
inner join levers
    on savings.lever_code = levers.lever_code
