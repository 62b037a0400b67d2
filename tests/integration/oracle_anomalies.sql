-- Anomalies: the series over which they are looked for, unlikely users, and dates without them. Run after oracle.sql.
-- Verdicts on series_input are those of alarms.py.

CREATE TABLE on_arrival AS
SELECT
    arrival::DATE AS day, count(*) AS landed, count(*) FILTER (standing = 'rejected') AS rejected,
    count(*) FILTER (standing = 'late') AS late, count(*) FILTER (standing <> 'rejected') AS accepted
FROM bronze GROUP BY ALL;

CREATE TABLE loads_by_day AS
SELECT
    event_date, dimension, value, count(*) AS loads,
    bucket_of(list_sort(list(duration_ms))[greatest(1, ceil(count(*) * 95 / 100))::INT]) AS p95_bucket
FROM load_series GROUP BY ALL;

-- A value's series goes from the first date with 100 loads to eight weeks after the last.
CREATE TABLE load_values AS
SELECT dimension, value, min(event_date) AS first_day, max(event_date) + 56 AS last_day FROM loads_by_day
WHERE loads >= 100 AND event_date IN (SELECT day FROM calendar WHERE NOT is_missing) GROUP BY ALL;

CREATE TABLE series_input AS
SELECT
    'events' AS metric, 'day' AS granularity, 'all' AS dimension, 'all' AS value, day, 0 AS hour, 'count' AS kind,
    CASE WHEN NOT is_missing THEN coalesce(n, 0) END::DOUBLE AS amount, coalesce(n, 0)::BIGINT AS volume
FROM calendar LEFT JOIN (SELECT event_date, count(*) AS n FROM silver GROUP BY ALL) ON event_date = day
UNION ALL SELECT 'dau', 'day', dimension, value, event_date, 0, 'count', dau, coalesce(dau, 0) FROM active_users
UNION ALL
SELECT 'sessions', 'day', dimension, value, session_date, 0, 'count', sessions, coalesce(sessions, 0) FROM session_days
UNION ALL
SELECT 'mean_session_s', 'day', dimension, value, session_date, 0, 'length', mean_duration_s, coalesce(sessions, 0)
FROM session_days
UNION ALL
SELECT 'rejected_share', 'day', 'all', 'all', c.day, 0, 'share', rejected, coalesce(landed, 0)
FROM calendar c LEFT JOIN on_arrival USING (day)
UNION ALL
SELECT 'late_share', 'day', 'all', 'all', c.day, 0, 'share', late, coalesce(accepted, 0)
FROM calendar c LEFT JOIN on_arrival USING (day)
UNION ALL
-- Of fewer than 100 loads the quantile is not known.
SELECT
    'p95_load_ms', 'day', v.dimension, v.value, c.day, 0, 'length',
    CASE
        WHEN c.is_missing OR coalesce(loads, 0) < 100 THEN NULL
        WHEN p95_bucket = -1 THEN 0
        ELSE 2 * (1.01::DOUBLE / 0.99) ** p95_bucket / (1.01::DOUBLE / 0.99 + 1)
    END,
    CASE WHEN c.is_missing THEN 0 ELSE coalesce(loads, 0) END
FROM (FROM load_values WHERE dimension <> 'all' UNION ALL SELECT 'all', 'all', min(day), max(day) FROM calendar) v
JOIN calendar c ON c.day BETWEEN v.first_day AND v.last_day
LEFT JOIN loads_by_day l ON (l.dimension, l.value, l.event_date) = (v.dimension, v.value, c.day)
UNION ALL
SELECT
    m.metric, 'hour', 'all', 'all', c.day, h.hour, 'count',
    CASE WHEN is_missing THEN NULL WHEN m.metric = 'events' THEN coalesce(events, 0) ELSE coalesce(users, 0) END,
    CASE WHEN is_missing THEN 0 WHEN m.metric = 'events' THEN coalesce(events, 0) ELSE coalesce(users, 0) END
FROM calendar c CROSS JOIN generate_series(0, 23) h(hour) CROSS JOIN (VALUES ('events'), ('active_users')) m(metric)
LEFT JOIN (
    SELECT event_date, hour(event_time) AS hour, count(*) AS events, count(DISTINCT user_id) AS users
    FROM silver GROUP BY ALL
) s ON s.event_date = c.day AND s.hour = h.hour
UNION ALL
SELECT
    m.metric, 'hour', 'all', 'all', c.day, h.hour, m.kind,
    CASE
        WHEN is_missing THEN NULL WHEN m.metric = 'sessions' THEN coalesce(sessions, 0)
        WHEN sessions > 0 THEN length_s::DOUBLE / sessions
    END,
    CASE WHEN is_missing THEN 0 ELSE coalesce(sessions, 0) END
FROM calendar c CROSS JOIN generate_series(0, 23) h(hour)
CROSS JOIN (VALUES ('sessions', 'count'), ('mean_session_s', 'length')) m(metric, kind)
LEFT JOIN (
    SELECT session_date, hour(session_start) AS hour, count(*) AS sessions, sum(duration_s) AS length_s
    FROM sessions GROUP BY ALL
) s ON s.session_date = c.day AND s.hour = h.hour;

-- Unlikely users ------------------------------------------------------------------------------------------------
CREATE TABLE busy_minutes AS
SELECT event_date, user_id, date_trunc('minute', event_time) AS minute, count(*) AS actions
FROM silver WHERE event_date IN (SELECT day FROM calendar) GROUP BY ALL;

CREATE TABLE unlikely_users AS
WITH hours AS (
    SELECT event_date, user_id, date_trunc('hour', minute) AS hour, sum(actions) AS actions FROM busy_minutes GROUP BY ALL
),
rates AS (
    SELECT
        event_date, user_id, max(m.actions) AS busiest_minute,
        (SELECT max(h.actions) FROM hours h WHERE (h.event_date, h.user_id) = (m.event_date, m.user_id)) AS busiest_hour,
        count(DISTINCT date_trunc('hour', minute)) AS active_hours
    FROM busy_minutes m GROUP BY ALL
)
SELECT
    event_date, user_id, events, engaged_ms, events AS actions, busiest_minute, busiest_hour::BIGINT AS busiest_hour,
    active_hours,
    named([
        CASE WHEN busiest_minute > 90 THEN 'minute' END, CASE WHEN busiest_hour > 1500 THEN 'hour' END,
        CASE WHEN active_hours >= 22 THEN 'day' END
    ]) AS reasons
FROM rates JOIN user_days USING (event_date, user_id)
WHERE len(reasons) > 0;

CREATE TABLE likely_days AS
WITH everyone AS (
    SELECT
        event_date, user_id, events, engaged_ms,
        (SELECT count(*) FROM sessions s WHERE (s.user_id, s.session_date) = (d.user_id, d.event_date)) AS sessions,
        EXISTS (FROM unlikely_users u WHERE (u.user_id, u.event_date) = (d.user_id, d.event_date)) AS is_unlikely
    FROM user_days d
)
SELECT
    c.day AS event_date,
    CASE WHEN NOT is_missing THEN count(user_id) FILTER (is_unlikely) END AS unlikely_users,
    CASE WHEN NOT is_missing THEN count(user_id) END AS dau,
    CASE WHEN NOT is_missing THEN count(user_id) FILTER (NOT is_unlikely) END AS likely_dau,
    CASE WHEN NOT is_missing THEN coalesce(sum(sessions), 0) END::BIGINT AS sessions,
    CASE WHEN NOT is_missing THEN coalesce(sum(sessions) FILTER (NOT is_unlikely), 0) END::BIGINT AS likely_sessions,
    CASE WHEN NOT is_missing THEN coalesce(sum(events), 0) END::BIGINT AS events,
    CASE WHEN NOT is_missing THEN coalesce(sum(events) FILTER (NOT is_unlikely), 0) END::BIGINT AS likely_events,
    CASE WHEN NOT is_missing THEN coalesce(sum(engaged_ms), 0) END::BIGINT AS engaged_ms,
    CASE WHEN NOT is_missing THEN coalesce(sum(engaged_ms) FILTER (NOT is_unlikely), 0) END::BIGINT AS likely_engaged_ms,
    is_missing
FROM calendar c LEFT JOIN everyone e ON e.event_date = c.day
GROUP BY c.day, is_missing;
