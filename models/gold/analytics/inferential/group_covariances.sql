-- grain: one row per question and pair of groups (a group with itself included)
-- Means of groups whose observations come in clusters, the customers, and how these means vary together by
-- chance: a customer in two groups moves both.

with sampled as (
    select * from {{ ref('customer_samples') }}
),

samples as (
    select
        question,
        group_name,
        customer_id,
        dense_rank() over (order by question) as question_id,
        dense_rank() over (order by question, group_name) as group_id,
        observations as n,
        total,
        squares
    from sampled
),

totals as (
    select
        question_id,
        group_id,
        count(*) as customer_count,
        sum(n) as n,
        sum(n * n) as n_squares,
        sum(total) as total,
        sum(squares) as squares,
        sum(total * total / n) as customer_squares
    from samples
    group by question_id, group_id
),

-- how alike the observations of one customer are: the intraclass correlation, from the analysis of variance
squares as (
    select
        question_id,
        sum(customer_squares - total * total / n) / nullif(sum(customer_count - 1), 0) as between_square,
        sum(squares - customer_squares) / nullif(sum(n - customer_count), 0) as within_square,
        sum(n - n_squares / n) / nullif(sum(customer_count - 1), 0) as usual_n
    from totals
    group by question_id
),

likenesses as (
    select
        question_id,
        greatest(least(
            coalesce((between_square - within_square) / nullif(between_square + (usual_n - 1) * within_square, 0), 0), 1
        ), 0) as likeness
    from squares
),

-- A share is that of all observations. An amount is that of the customers: the hundredth purchase of one tells
-- less of the group than the first, so each customer weighs as much as it tells (generalized least squares).
weighted as (
    select
        samples.*,
        greatest(1 + (samples.n - 1) * likenesses.likeness, 1) as inflation,
        case
            when samples.question in ('purchase_amount_by_segment', 'purchase_amount_at_weekends')
                then 1 / greatest(1 + (samples.n - 1) * likenesses.likeness, 1)
            else 1
        end as weight
    from samples
    inner join likenesses
        on samples.question_id = likenesses.question_id
),

groups as (
    select
        group_id,
        question_id,
        question,
        group_name,
        count(*) as customer_count,
        sum(n) as n,
        sum(weight * n) as weight,
        sum(total) as total,
        sum(weight * total) / sum(weight * n) as mean,
        greatest(sum(squares) / sum(n) - power(sum(total) / sum(n), 2), 0) as spread,
        -- so many equal customers would tell as much
        power(sum(weight * weight * n * inflation), 2) / sum(power(weight * weight * n * inflation, 2))
            as effective_customers
    from weighted
    group by group_id, question_id, question, group_name
),

-- by how much a customer moves the mean; one with a large part of the group also pulls it, so the
-- residual is too small and made larger (Bell and McCaffrey, 2002)
influences as (
    select
        groups.group_id,
        1000 * weighted.customer_id + groups.question_id as question_customer_id,
        weighted.weight * (weighted.total - groups.mean * weighted.n) / groups.weight
        / sqrt(nullif(1 - weighted.weight * weighted.n / groups.weight, 0)) as influence
    from weighted
    inner join groups
        on weighted.group_id = groups.group_id
),

covariances as (
    select
        one.group_id * 1000 + other.group_id as pair_id,
        sum(one.influence * other.influence) as covariance
    from influences as one
    inner join influences as other
        on one.question_customer_id = other.question_customer_id
    group by one.group_id, other.group_id
)

select
    concat(one.question, '|', one.group_name, '|', other.group_name) as question_groups,
    one.question,
    one.group_name,
    other.group_name as other_group_name,
    {{ significant('one.n') }} as observations,
    one.customer_count,
    {{ significant('one.effective_customers') }} as effective_customers,
    {{ significant('one.total', 12) }} as total,
    {{ significant('one.mean') }} as mean,
    {{ significant('one.spread') }} as spread,
    -- nothing is known of how the customers of a group of one differ
    case
        when one.customer_count > 1 and other.customer_count > 1
            then {{ significant('coalesce(covariances.covariance, 0)') }}
    end as covariance
from groups as one
inner join groups as other
    on one.question_id = other.question_id
left join covariances
    on one.group_id * 1000 + other.group_id = covariances.pair_id
