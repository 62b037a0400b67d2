-- Power users, written from the definitions of the metrics and from nothing else. Run by oracle.py after oracle.sql.
-- Plain formulations: durations and users are sorted, and taken by their place.

CREATE MACRO duration_bucket(ms) AS CASE WHEN ms = 0 THEN -1 ELSE ceil(ln(ms) / ln(101 / 99)) END::INT;

CREATE TABLE duration_buckets AS
SELECT
    event_date, action, duration_bucket(duration_ms) AS bucket,
    count(*) AS events, sum(duration_ms)::BIGINT AS engaged_ms, max(duration_ms) AS longest_ms
FROM silver GROUP BY ALL;

CREATE TABLE measured_periods AS
SELECT
    strftime(first_day, '%Y-%m') AS period_month, 'month' AS period, first_day AS period_start, last_day AS period_end,
    is_complete(first_day, last_day) AS is_complete
FROM periods WHERE unit = 'month'
UNION ALL
SELECT 'rolling_28', 'rolling_28', as_of - 27, as_of, is_complete(as_of - 27, as_of)
FROM (SELECT max(day) AS as_of FROM calendar);

CREATE TABLE events_of_periods AS
SELECT period_month, period, period_start, period_end, silver.*
FROM measured_periods JOIN silver ON event_date BETWEEN period_start AND period_end
WHERE is_complete;

-- The value at rank ceil(0.999 n), and from it the largest one of its bucket.
CREATE TABLE thresholds AS
WITH ranked AS (
    SELECT
        period_month, action, duration_ms,
        row_number() OVER (PARTITION BY period_month, action ORDER BY duration_ms) AS place,
        count(*) OVER (PARTITION BY period_month, action) AS n
    FROM events_of_periods
), at_rank AS (
    SELECT period_month, action, duration_ms AS value FROM ranked WHERE place = ceil(n * 999 / 1000)
)
SELECT period_month, action, max(duration_ms) AS threshold_ms
FROM at_rank JOIN events_of_periods USING (period_month, action)
WHERE duration_bucket(duration_ms) = duration_bucket(value)
GROUP BY period_month, action;

CREATE TABLE duration_cuts AS
SELECT
    period_month, period, period_start, period_end, action, count(*) AS events, sum(duration_ms)::BIGINT AS engaged_ms,
    threshold_ms, count(*) FILTER (duration_ms > threshold_ms) AS events_cut,
    sum(greatest(duration_ms - threshold_ms, 0))::BIGINT AS cut_ms
FROM events_of_periods JOIN thresholds USING (period_month, action)
GROUP BY ALL;

CREATE TABLE totals AS
SELECT
    period_month, period, period_start, period_end, user_id, sum(least(duration_ms, threshold_ms))::BIGINT AS capped_ms,
    count(DISTINCT event_date) AS active_days
FROM events_of_periods JOIN thresholds USING (period_month, action)
GROUP BY ALL;

CREATE TABLE engagement_concentration AS
WITH sums AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY period_month ORDER BY capped_ms DESC, user_id) AS place,
        sum(capped_ms) OVER (PARTITION BY period_month ORDER BY capped_ms DESC, user_id ROWS UNBOUNDED PRECEDING)
            AS so_far
    FROM totals
), of_all AS (
    SELECT
        p.period_month, p.period, p.period_start, p.period_end, p.is_complete, x::INT AS top_percent,
        count(t.user_id) AS users, coalesce(sum(capped_ms), 0)::BIGINT AS capped_ms,
        ceil(count(t.user_id) * x / 100)::BIGINT AS top_users
    FROM measured_periods p CROSS JOIN range(1, 101) r(x) LEFT JOIN totals t USING (period_month)
    GROUP BY p.period_month, p.period, p.period_start, p.period_end, p.is_complete, x
)
SELECT
    a.period_month, a.period, a.period_start, a.period_end, a.top_percent,
    CASE WHEN is_complete THEN users END AS users,
    CASE WHEN is_complete THEN top_users END AS top_users,
    CASE WHEN is_complete THEN a.capped_ms END AS capped_ms,
    CASE WHEN is_complete THEN coalesce(so_far, 0) END::BIGINT AS top_ms,
    CASE WHEN is_complete AND a.capped_ms > 0 THEN so_far::DOUBLE / a.capped_ms END AS share,
    is_complete
FROM of_all a LEFT JOIN sums s ON s.period_month = a.period_month AND s.place = a.top_users;

-- Who has as much as the last of the top X %, or more.
CREATE TABLE in_the_top AS
WITH sorted AS (
    SELECT period_month, list(capped_ms ORDER BY capped_ms DESC) AS highest FROM totals GROUP BY period_month
), last_of AS (
    SELECT period_month, top_percent, highest[top_users] AS least
    FROM sorted JOIN engagement_concentration USING (period_month) WHERE top_percent IN (1, 5, 10)
)
SELECT period_month, user_id, min(top_percent) AS top_percent
FROM totals JOIN last_of USING (period_month) WHERE capped_ms >= least
GROUP BY ALL;

CREATE MACRO main_values(attribute) AS TABLE
WITH days AS (
    SELECT period_month, user_id, event_date, columns(attribute) AS value
    FROM measured_periods JOIN user_days ON event_date BETWEEN period_start AND period_end
), counted AS (
    SELECT period_month, user_id, value, count(*) AS n, max(event_date) AS last_day FROM days GROUP BY ALL
)
SELECT period_month, user_id, value FROM counted
QUALIFY row_number() OVER (PARTITION BY period_month, user_id ORDER BY n DESC, last_day DESC) = 1;

CREATE TABLE begun AS
SELECT period_month, user_id, count(*) AS sessions
FROM measured_periods JOIN sessions ON session_date BETWEEN period_start AND period_end
GROUP BY ALL;

CREATE TABLE power_users AS
SELECT
    t.period_month, t.period, t.period_start, t.period_end, t.user_id,
    (SELECT count(*) + 1 FROM totals o WHERE o.period_month = t.period_month AND o.capped_ms > t.capped_ms) AS rank,
    top_percent, t.capped_ms, CASE WHEN c.capped_ms > 0 THEN t.capped_ms::DOUBLE / c.capped_ms END AS share,
    active_days, sessions, country.value AS main_country, device.value AS main_device_type,
    subscription.value AS main_subscription_type
FROM totals t
JOIN in_the_top USING (period_month, user_id)
JOIN begun USING (period_month, user_id)
JOIN (SELECT DISTINCT period_month, capped_ms FROM engagement_concentration) c USING (period_month)
JOIN main_values('country') country USING (period_month, user_id)
JOIN main_values('device_type') device USING (period_month, user_id)
JOIN main_values('subscription_type') subscription USING (period_month, user_id);
