-- What was done by value and by object, how often sessions come, how they begin and end. Run after oracle.sql.

CREATE TABLE activity_mix AS
WITH told AS (
    SELECT s.event_date, s.user_id, unnest([
        {'dimension': 'action', 'value': s.action},
        {'dimension': 'country', 'value': d.country},
        {'dimension': 'hour', 'value': strftime(s.event_time, '%H')}
    ], recursive := true)
    FROM silver s JOIN user_days d ON d.user_id = s.user_id AND d.event_date = s.event_date
)
SELECT event_date, dimension, value, count(*) AS events, count(DISTINCT user_id) AS users FROM told GROUP BY ALL;

CREATE TABLE object_days AS
SELECT event_date, object_id, count(*) AS events, count(DISTINCT user_id) AS users FROM silver GROUP BY ALL;

-- Of each session the days since the one before: none between the sessions of one date.
CREATE TABLE session_frequency AS
WITH numbered AS (
    SELECT *, row_number() OVER (PARTITION BY user_id, session_date, dimension ORDER BY session_start) AS number
    FROM session_series
), gaps AS (
    SELECT
        n.session_date, n.dimension, n.value,
        CASE WHEN number > 1 THEN 0 ELSE coalesce(n.session_date - (
            SELECT max(b.session_date) FROM sessions b
            WHERE b.user_id = n.user_id AND b.session_date BETWEEN n.session_date - 28 AND n.session_date - 1
        ), 29) END AS days
    FROM numbered n
)
SELECT
    session_date, dimension, value,
    CASE WHEN is_complete(session_date - least(days, 28)::INT, session_date) THEN days END::INT AS days_since,
    count(*) AS sessions
FROM gaps WHERE is_complete(session_date, session_date) GROUP BY ALL;

CREATE TABLE entry_exit_actions AS
WITH edges AS (
    SELECT *, 'entry' AS edge, entry_action AS action FROM session_series
    UNION ALL SELECT *, 'exit', exit_action FROM session_series
)
SELECT
    session_date, dimension, value, edge, action, count(*) AS sessions, count(*) FILTER (is_bounce) AS bounces
FROM edges WHERE is_complete(session_date, session_date) GROUP BY ALL;

CREATE TABLE session_hours AS
SELECT session_date, hour(session_start)::INT AS hour, count(*) AS sessions, sum(duration_s)::DECIMAL(24, 3) AS total_duration_s
FROM sessions WHERE is_complete(session_date, session_date) GROUP BY ALL;
