-- grain: one row per delivered row of bronze.accounts

{% set columns = [
    'account_id', 'customer_id', 'product_id', 'account_number',
    'account_status', 'open_date', 'close_date', 'current_balance',
    'available_balance', 'credit_limit', 'currency', 'interest_rate',
    'minimum_payment', 'payment_due_date', 'last_statement_date', 'is_autopay_enabled',
    'has_overdraft_protection', 'is_primary_account', 'created_at', 'updated_at',
    'is_deleted'
] %}

with delivered as (
    {{ new_deliveries('accounts') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('account_id') }} as account_id,
        {{ clean_integer('customer_id') }} as customer_id,
        {{ clean_integer('product_id') }} as product_id,
        {{ clean_text('account_number') }} as account_number,
        {{ clean_text('account_status') }} as account_status,
        {{ clean_date('open_date') }} as open_date,
        {{ clean_date('close_date') }} as close_date,
        {{ clean_numeric('current_balance') }} as current_balance,
        {{ clean_numeric('available_balance') }} as available_balance,
        {{ clean_numeric('credit_limit') }} as credit_limit,
        coalesce(upper({{ clean_text('currency') }}), '{{ var("reporting_currency") }}') as currency,
        {{ clean_numeric('interest_rate') }} as interest_rate,
        {{ clean_numeric('minimum_payment') }} as minimum_payment,
        {{ clean_date('payment_due_date') }} as payment_due_date,
        {{ clean_date('last_statement_date') }} as last_statement_date,
        {{ clean_boolean('autopay_enabled') }} as is_autopay_enabled,
        {{ clean_boolean('overdraft_protection') }} as has_overdraft_protection,
        {{ clean_boolean('primary_account') }} as is_primary_account,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        coalesce({{ clean_boolean('is_deleted') }}, false) as is_deleted
    from delivered
),

checked as (
    select
        *,
        case
            when account_id is null then 'missing_id'
            when open_date is null then 'unreadable_date'
            when currency <> '{{ var("reporting_currency") }}' then 'foreign_currency'
            when close_date < open_date or credit_limit < 0 then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'account_id') }}
),

customers as (
    select customer_id from {{ ref('base_customers') }}
    where disposition = 'kept'
    group by customer_id
),

products as (
    select product_id from {{ ref('base_products') }}
    where disposition = 'kept'
    group by product_id
),

resolved as (
    select
        candidates.*,
        case
            when candidates.row_defect is not null then candidates.row_defect
            when customers.customer_id is null then 'orphan_customer'
            when products.product_id is null then 'orphan_product'
        end as quarantine_reason
    from candidates
    left join customers
        on candidates.customer_id = customers.customer_id
    left join products
        on candidates.product_id = products.product_id
),

{{ verdicts('resolved', columns, 'account_id') }}

select * from final
