-- grain: one row per question
-- Scale: how groups are compared. share: ratio of shares; ratio: ratio of means; logs: ratio of geometric means;
-- score: difference of means.
{{ config(materialized='view') }}

{%- set questions = [
    ('purchase_amount_by_segment', 'Do customer segments differ in what a purchase costs?',
     'Mean unscheduled purchase', 'USD', 'ratio', 'Mass Market',
     'Customers are independent and each weighs as much as its purchases tell about the segment.'),
    ('purchase_amount_at_weekends', 'Do people spend more on a purchase at weekends?',
     'Typical unscheduled purchase (geometric mean)', 'USD', 'logs', 'Weekday',
     'Customers are independent; people who buy on both kinds of day are compared with themselves. Amounts are skewed, so their logarithms are compared.'),
    ('fraud_share_by_channel', 'Does the share of fraud differ between channels?',
     'Share of unscheduled purchases that are fraud', 'percent', 'share', 'POS',
     'Customers are independent; the purchases of one burst of fraud are not, and count as one customer.'),
    ('fraud_online', 'Is fraud more often online than genuine purchases?',
     'Share of purchases made online or in the app', 'percent', 'share', 'Genuine',
     'Customers are independent; the purchases of one burst of fraud are not, and count as one customer.'),
    ('fraud_at_night', 'Is fraud more often at night than genuine purchases?',
     'Share of purchases between 22:00 and 06:00', 'percent', 'share', 'Genuine',
     'Customers are independent; the purchases of one burst of fraud are not, and count as one customer.'),
    ('fraud_at_risky_merchants', 'Is fraud more often at high-risk merchants than genuine purchases?',
     'Share of purchases at merchants rated high-risk', 'percent', 'share', 'Genuine',
     'Customers are independent; the purchases of one burst of fraud are not, and count as one customer.'),
    ('decline_share_by_channel', 'Are purchases declined more often in some channels?',
     'Share of unscheduled purchases declined for another reason than money', 'percent', 'share', 'POS',
     'Customers are independent.'),
    ('decline_share_at_night', 'Are purchases declined more often at night?',
     'Share of unscheduled purchases declined for another reason than money', 'percent', 'share', 'Day',
     'Customers are independent; channels are not held equal.'),
    ('satisfaction_by_resolution', 'Are customers less satisfied when their case is not resolved?',
     'Mean satisfaction rating (1 to 5)', 'points', 'score', 'Resolved',
     'Customers are independent, and contacts without a rating are like the others: see sentiment_of_rated_contacts.'),
    ('sentiment_of_rated_contacts', 'Are contacts without a rating like the others?',
     'Mean sentiment score (-1 to 1)', 'points', 'score', 'Rated',
     'Customers are independent.'),
    ('late_payment_by_credit_band', 'Do loans of weaker credit bands fall late more often?',
     'Share of loan instalments paid late', 'percent', 'share', 'Good',
     'Customers are independent; the instalments of one loan are not, and count as one customer.'),
    ('churn_after_bad_service', 'Do customers leave more often after bad service?',
     'Customers leaving, per month free to leave', 'percent', 'ratio', 'Other',
     'Customers are independent; nothing else is held equal (causal_analytics does that).'),
    ('purchases_before_campaign', 'Were treated and held-out customers alike before the campaigns?',
     'Unscheduled purchases in the 30 days before the contact', 'purchases', 'ratio', 'control',
     'The hold-out was drawn at random: then this difference is chance.'),
    ('purchases_after_campaign', 'Do campaigns make customers buy more often?',
     'Unscheduled purchases in the 30 days after the contact', 'purchases', 'ratio', 'control',
     'The hold-out was drawn at random: see purchases_before_campaign.'),
] %}

with campaigns as (
    select
        campaign_id,
        max(campaign_name) as campaign_name
    from {{ ref('campaign_outcomes') }}
    group by campaign_id
)
{% for name, sentence, metric, unit, scale, reference, assumptions in questions %}
select
    '{{ name }}' as question,
    '{{ sentence }}' as question_text,
    '{{ metric }}' as metric,
    '{{ unit }}' as unit,
    '{{ scale }}' as scale,
    '{{ reference }}' as reference_group,
    '{{ assumptions }}' as assumptions
union all
{%- endfor %}
select
    concat('purchases_after_campaign_', campaign_id) as question,
    concat('Did campaign ', campaign_id, ', ', campaign_name, ', make customers buy more often?') as question_text,
    'Unscheduled purchases in the 30 days after the contact' as metric,
    'purchases' as unit,
    'ratio' as scale,
    'control' as reference_group,
    'The hold-out was drawn at random: see purchases_before_campaign.' as assumptions
from campaigns
