-- Per day and channel, to the cent and the payment: what silver delivered = what the daily sums say was paid,
-- failed and earned, the fee computed anew from the channel's percentage. And every method that dst knows is a
-- member of the dimension. The sums over fewer dimensions are those of the daily ones.
with both_sides as (
    select
        transactions.transaction_date,
        channels.channel_name,
        1 as payments,
        case when transactions.is_approved then 0 else 1 end as failed,
        case when transactions.is_approved then -transactions.amount else 0 end as settled_amount,
        case
            when transactions.is_approved then round(-transactions.amount * channels.fee_percent / 100, 2)
            else 0
        end as revenue_amount
    from {{ ref('stg_transactions') }} as transactions
    inner join {{ ref('dim_channel') }} as channels
        on transactions.payment_method = channels.channel_name
    where transactions.transaction_type = 'purchase'
    union all
    select
        daily.transaction_date,
        channels.channel_name,
        -daily.transaction_count as payments,
        case when daily.is_declined then -daily.transaction_count else 0 end as failed,
        -daily.spending_amount as settled_amount,
        -daily.revenue_amount as revenue_amount
    from {{ ref('fact_payments_daily') }} as daily
    inner join {{ ref('dim_channel') }} as channels
        on daily.channel_key = channels.channel_key
),

differences as (
    select
        transaction_date,
        channel_name,
        sum(payments) as payments,
        sum(failed) as failed,
        sum(settled_amount) as settled_amount,
        sum(revenue_amount) as revenue_amount
    from both_sides
    group by transaction_date, channel_name
),

relations as (
    select 'channels' as relation
    union all
    select 'cities' as relation
),

coarser as (
    select
        'channels' as relation,
        transaction_date,
        is_declined,
        transaction_count,
        spending_amount,
        revenue_amount,
        processing_time
    from {{ ref('fact_channel_payments_daily') }}
    union all
    select
        'cities' as relation,
        transaction_date,
        is_declined,
        transaction_count,
        spending_amount,
        revenue_amount,
        processing_time
    from {{ ref('fact_city_payments_daily') }}
    union all
    select
        relations.relation,
        daily.transaction_date,
        daily.is_declined,
        -daily.transaction_count as transaction_count,
        -daily.spending_amount as spending_amount,
        -daily.revenue_amount as revenue_amount,
        -daily.processing_time as processing_time
    from {{ ref('fact_payments_daily') }} as daily
    cross join relations
)

select * from differences
where payments <> 0 or failed <> 0 or settled_amount <> 0 or revenue_amount <> 0
union all
select
    null as transaction_date,
    summary.payment_method_name as channel_name,
    null as payments,
    null as failed,
    null as settled_amount,
    null as revenue_amount
from {{ ref('dst_payment_method_summary') }} as summary
left join {{ ref('dim_payment_method') }} as methods
    on summary.payment_method_name = methods.payment_method_name
where methods.payment_method_name is null
group by summary.payment_method_name
union all
select
    transaction_date,
    relation as channel_name,
    sum(transaction_count) as payments,
    sum(case when is_declined then transaction_count else 0 end) as failed,
    sum(spending_amount) as settled_amount,
    sum(revenue_amount) as revenue_amount
from coarser
group by transaction_date, relation
having
    sum(transaction_count) <> 0
    or sum(case when is_declined then transaction_count else 0 end) <> 0
    or sum(spending_amount) <> 0
    or sum(revenue_amount) <> 0
    or coalesce(sum(processing_time), 0) <> 0
