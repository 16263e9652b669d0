-- grain: one row per active customer and recommendation, ranked by what it saves

with savings as (
    select * from {{ ref('person_spending') }}
    where monthly_saving_amount > 0
),

people as (
    select * from {{ ref('financial_health_private') }}
),

levers as (
    select * from {{ ref('savings_levers') }}
)

select
    savings.person_spending_key as recommendation_key,
    savings.customer_id,
    {{ masked_name("people.person_name") }} as person_name,
    cast(row_number() over (
        partition by savings.customer_id
        order by savings.monthly_saving_amount desc, savings.person_spending_key asc
    ) as integer) as recommendation_rank,
    as_of.as_of_date,
    savings.lever_code,
    levers.lever_kind,
    levers.lever_name,
    savings.category_name,
    savings.category_group,
    savings.spending_kind,
    savings.monthly_amount,
    savings.reference_amount,
    savings.reference_basis,
    levers.replacement_percent,
    savings.monthly_saving_amount,
    12 * savings.monthly_saving_amount as yearly_saving_amount,
    sum(savings.monthly_saving_amount) over (
        partition by savings.customer_id
        order by savings.monthly_saving_amount desc, savings.person_spending_key asc
        rows between unbounded preceding and current row
    ) as cumulative_saving_amount,
    {{ percent_of('savings.monthly_saving_amount', 'savings.monthly_amount') }} as saving_percent,
    levers.advice || ': ' || levers.lever_name || ' cost $' || cast(savings.monthly_amount as {{ dbt.type_string() }})
    || ' a month, at $' || cast(savings.reference_amount as {{ dbt.type_string() }}) || ' it would be $'
    || cast(savings.monthly_saving_amount as {{ dbt.type_string() }}) || ' less'
    || case
        when levers.replacement_percent > 0
            then ', after ' || cast(cast(levers.replacement_percent as integer) as {{ dbt.type_string() }})
                || ' % that is spent otherwise'
        else ''
    end as recommendation,
    savings.previous_monthly_amount,
    savings.change_amount,
    savings.is_increase,
    case
        when savings.previous_monthly_amount is null then 'There is no whole year before to compare with'
        else
            'The year before: $' || cast(savings.previous_monthly_amount as {{ dbt.type_string() }}) || ' a month'
            || case when savings.is_increase then '; the rise is larger than chance explains' else '' end
    end as evidence_own_history,
    savings.peer_group,
    savings.peer_count,
    savings.peer_median_amount,
    savings.peer_upper_quartile_amount,
    savings.is_above_peers,
    case
        when savings.peer_count is null then 'There are too few similar people to compare with'
        else
            'Of ' || cast(savings.peer_count as {{ dbt.type_string() }}) || ' people who spend on it too ('
            || savings.peer_group || '), by their share of '
            || case people.coverage when 'full' then 'pay' else 'spending' end
            || ', half would spend at most $' || cast(savings.peer_median_amount as {{ dbt.type_string() }})
            || ' and three of four at most $' || cast(savings.peer_upper_quartile_amount as {{ dbt.type_string() }})
    end as evidence_peers,
    people.financial_health_grade,
    people.essential_to_discretionary_ratio,
    people.ratio_reading,
    people.discretionary_percent
from savings
inner join people
    on savings.customer_id = people.customer_id
cross join {{ ref('as_of_date') }} as as_of
inner join levers
    on savings.lever_code = levers.lever_code
