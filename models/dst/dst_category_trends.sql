-- grain: one row per month and category
{% set series = ['category_name'] %}
{% set shifts = [0, 1, 2, 3, 4, 5, 12] %}
{{ config(pre_hook="{{ delete_affected_months(" ~ series ~ ", " ~ shifts ~ ") }}") }}

with spending as (
    {{ latest_spending(series, shifts) }}
),

monthly as (
    select
        {{ series_key(series) }} as series_key,
        category_name,
        category_group,
        spending_month as month_start_date,
        sum(amount_cleaned) as total_spending,
        cast(count(*) as integer) as transaction_count,
        cast(count(distinct customer_id) as integer) as unique_persons,
        round(avg(amount_cleaned), 2) as avg_transaction_amount,
        max(snapshot_version) as snapshot_version_source
    from spending
    group by category_name, category_group, spending_month
),

totals as (
    select
        category_name,
        month_start_date,
        total_spending
    from monthly
    {%- if is_incremental() %}
    union all
    {{ standing_months('monthly', ['category_name', 'month_start_date', 'total_spending']) }}
    {%- endif %}
),

ranked as (
    select
        *,
        cast(rank() over (
            partition by month_start_date order by total_spending desc, category_name asc
        ) as integer) as category_rank
    from totals
),

compared as (
    {{ compared('monthly', series) }}
),

-- calendar months back to the first of the series: a silent month counts as zero
rolling as (
    select
        compared.category_name,
        compared.month_start_date,
        round(
            sum(totals.total_spending) filter (
                where totals.month_start_date >= {{ dbt.dateadd('month', -2, 'compared.month_start_date') }}
            ) / cast(least(3, {{ months_begun('compared') }}) as numeric), 2
        ) as rolling_3month_avg,
        round(
            sum(totals.total_spending) / cast(least(6, {{ months_begun('compared') }}) as numeric), 2
        ) as rolling_6month_avg
    from compared
    inner join totals
        on
            compared.category_name = totals.category_name
            and compared.month_start_date >= totals.month_start_date
            and {{ dbt.dateadd('month', -5, 'compared.month_start_date') }} <= totals.month_start_date
    group by compared.category_name, compared.month_start_date, compared.first_month
),

final as (
    select
        {{ surrogate_key(['compared.month_start_date', 'compared.category_name']) }} as trend_id,
        {{ month_columns('compared.month_start_date', with_end=false) }},
        compared.category_name,
        compared.category_group,
        compared.total_spending,
        compared.transaction_count,
        compared.unique_persons,
        compared.avg_transaction_amount,
        {{ change_columns('compared.total_spending', trend=true) }},
        rolling.rolling_3month_avg,
        rolling.rolling_6month_avg,
        this_month.category_rank as category_rank_current,
        last_month.category_rank as category_rank_prev_month,
        last_month.category_rank - this_month.category_rank as rank_change,
        {{ percent_of('compared.total_spending',
            'sum(compared.total_spending) over (partition by compared.month_start_date)') }}
            as percent_of_total_spending,
        compared.snapshot_version_source,
        {{ dbt.current_timestamp() }} as created_at,
        {{ dbt.current_timestamp() }} as updated_at
    from compared
    inner join rolling
        on
            compared.category_name = rolling.category_name
            and compared.month_start_date = rolling.month_start_date
    inner join ranked as this_month
        on
            compared.category_name = this_month.category_name
            and compared.month_start_date = this_month.month_start_date
    left join ranked as last_month
        on
            compared.category_name = last_month.category_name
            and {{ dbt.dateadd('month', -1, 'compared.month_start_date') }} = last_month.month_start_date
)

select * from final
order by month_start_date, category_rank_current
