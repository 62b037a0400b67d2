-- What should come out of landed notes, written from the definitions of the metrics and from nothing else.
-- Plain formulations: windows are joins of days with days, users are counted with count(distinct).
-- Variable `landing`: the landing folder, without a slash at its end. Run by oracle.py.

SET TimeZone = 'UTC';

-- Lines ---------------------------------------------------------------------------------------------------
-- A blob as text has every byte that is not printable ASCII, and quotes, as \xHH: no byte stops the reading.
CREATE MACRO landed_lines(pattern, prefix) AS TABLE
WITH files AS (
    SELECT
        filename[len(getvariable('landing')) + 2:] AS file,
        string_split(regexp_replace(content::VARCHAR, '^\\xEF\\xBB\\xBF', ''), '\x0A') AS lines
    FROM read_blob(getvariable('landing') || '/' || pattern)
), numbered AS (
    SELECT file, unnest(lines) AS line, generate_subscripts(lines, 1) AS line_number FROM files
), cut AS (
    SELECT file, line_number, regexp_replace(line, '\\x0D$', '') AS line FROM numbered
)
SELECT
    file[len(prefix) + 1:len(prefix) + 10] AS arrival, file, line_number, line,
    try(decode(line::BLOB)) AS raw
FROM cut;

-- Fields of a line: a field with quotes goes to the next quote that is not doubled. Null where malformed.
CREATE MACRO fields_of(raw) AS CASE
    WHEN regexp_full_match(raw, '("[^"]*(""[^"]*)*"|[^",]*)(,("[^"]*(""[^"]*)*"|[^",]*))*')
    THEN list_transform(
        regexp_extract_all(',' || raw, ',("[^"]*(""[^"]*)*"|[^",]*)', 1),
        lambda field: CASE
            WHEN starts_with(field, '"') THEN replace(field[2:-2], '""', '"') ELSE field
        END)
END;
-- The first reason why a line cannot be read as so many fields, null if it can.
CREATE MACRO malformed(raw, fields, wanted) AS CASE
    WHEN raw IS NULL THEN 'invalid_utf8'
    WHEN fields IS NULL AND (len(raw) - len(replace(raw, '"', ''))) % 2 = 1 THEN 'unclosed_quote'
    WHEN fields IS NULL THEN 'stray_quote'
    WHEN len(fields) < wanted THEN 'too_few_fields'
    WHEN len(fields) > wanted THEN 'too_many_fields'
END;
CREATE MACRO as_time(text) AS CASE
    WHEN regexp_full_match(text, '\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?') THEN try_cast(text AS TIMESTAMP)
END;
CREATE MACRO as_date(text) AS CASE
    WHEN regexp_full_match(text, '\d{4}-\d\d-\d\d') THEN try_cast(text AS DATE)
END;
CREATE MACRO as_whole(text) AS CASE
    WHEN regexp_full_match(text, '[+-]?\d+') THEN try_cast(text AS BIGINT)
END;
CREATE MACRO named(rules) AS list_filter(rules, lambda rule: rule IS NOT NULL);

-- Bronze: each landed row with its verdict ------------------------------------------------------------------
CREATE TABLE event_lines AS FROM landed_lines('notes/events/*/*.csv', 'notes/events/');

-- A file without any line, or whose header lacks a column, is one rejected row.
CREATE TABLE event_files AS
SELECT arrival, file, header, CASE
    WHEN is_empty THEN 'file_empty'
    WHEN NOT coalesce(list_has_all(
        header, ['user_id', 'timestamp', 'action_type', 'page_id', 'duration_ms', 'app_version']), false)
    THEN 'file_header'
END AS rule
FROM (
    SELECT
        arrival, file, bool_and(line = '') AS is_empty, fields_of(max(raw) FILTER (line_number = 1)) AS header
    FROM event_lines GROUP BY arrival, file
);
-- The field of a line that stands where the header has the name.
CREATE MACRO at_name(fields, header, name) AS nullif(fields[list_position(header, name)], '');

CREATE TABLE bronze AS
WITH split AS (
    SELECT l.arrival, l.file, line_number, raw, fields_of(raw) AS f, header AS h
    FROM event_lines l JOIN event_files USING (arrival, file)
    WHERE rule IS NULL AND line_number > 1 AND line <> ''
), read AS (
    SELECT
        *, malformed(raw, f, len(h)) AS fault,
        at_name(f, h, 'user_id') AS user_id, at_name(f, h, 'timestamp') AS time_text,
        at_name(f, h, 'action_type') AS action, at_name(f, h, 'page_id') AS object_id,
        at_name(f, h, 'duration_ms') AS duration_text, at_name(f, h, 'app_version') AS app_version
    FROM split
), typed AS (
    SELECT *, as_time(time_text) AS event_time, as_whole(duration_text) AS duration_ms FROM read
), by_contract AS (
    SELECT *, CASE WHEN fault IS NOT NULL THEN [fault] ELSE named([
        CASE WHEN user_id IS NULL THEN 'user_id_missing' END,
        CASE WHEN time_text IS NULL THEN 'timestamp_missing' END,
        CASE WHEN time_text IS NOT NULL AND event_time IS NULL THEN 'timestamp_not_timestamp' END,
        CASE WHEN action IS NULL THEN 'action_type_missing' END,
        CASE WHEN object_id IS NULL THEN 'page_id_missing' END,
        CASE WHEN duration_text IS NULL THEN 'duration_ms_missing' END,
        CASE WHEN duration_text IS NOT NULL AND duration_ms IS NULL THEN 'duration_ms_not_integer' END,
        CASE WHEN duration_ms NOT BETWEEN 0 AND 7200000 THEN 'duration_out_of_range' END,
        CASE WHEN app_version IS NULL THEN 'app_version_missing' END
    ]) END AS faults
    FROM typed
), judged AS (
    SELECT *, CASE WHEN len(faults) > 0 THEN faults ELSE named([
        CASE WHEN event_time::DATE > arrival::DATE + 1 THEN 'in_the_future' END,
        CASE WHEN event_time::DATE < DATE '2023-01-01' THEN 'before_first_date' END
    ]) END AS violations
    FROM by_contract
)
SELECT
    arrival, file, line_number, violations,
    CASE
        WHEN len(violations) > 0 THEN 'rejected'
        WHEN event_time::DATE = arrival::DATE THEN 'on_time'
        WHEN event_time::DATE < arrival::DATE THEN 'late'
        ELSE 'early'
    END AS standing,
    event_time, event_time::DATE AS event_date, user_id, action, object_id, duration_ms, app_version
FROM judged
UNION ALL BY NAME
SELECT arrival, file, 1 AS line_number, [rule] AS violations, 'rejected' AS standing
FROM event_files WHERE rule IS NOT NULL;

CREATE TABLE verdicts AS
SELECT arrival, file, standing, violations[1] AS rule, count(*) AS rows FROM bronze GROUP BY ALL;

CREATE TABLE rejected AS
SELECT arrival, file, line_number, violations FROM bronze WHERE standing = 'rejected';

-- Closed dates ----------------------------------------------------------------------------------------------
CREATE TABLE calendar AS
WITH arrivals AS (SELECT DISTINCT arrival::DATE AS arrival FROM event_files),
days AS (
    SELECT unnest(generate_series(
        (SELECT min(event_date) FROM bronze WHERE standing = 'on_time'),
        (SELECT max(arrival) - 1 FROM arrivals),
        INTERVAL 1 DAY))::DATE AS day
)
SELECT day, day NOT IN (SELECT arrival FROM arrivals) AS is_missing FROM days;

-- The n days that end on a date, or the days of a period: in the history, and none of them missing.
CREATE MACRO is_complete(first_day, last_day) AS (
    SELECT count(*) = last_day - first_day + 1 FROM calendar
    WHERE day BETWEEN first_day AND last_day AND NOT is_missing
);
CREATE TABLE closed AS
SELECT
    c.day, c.is_missing,
    is_complete(c.day, c.day) AS has_1, is_complete(c.day - 6, c.day) AS has_7,
    is_complete(c.day - 27, c.day) AS has_28, is_complete(c.day - 28, c.day) AS has_29,
    is_complete(c.day - 29, c.day) AS has_30
FROM calendar c;

-- Silver: one row for each event key ------------------------------------------------------------------------
CREATE TABLE silver AS
SELECT
    event_time, event_date, user_id, action, object_id, duration_ms, app_version, arrival, file,
    count(*) OVER (PARTITION BY user_id, event_time, action, object_id) AS copies
FROM bronze
WHERE standing <> 'rejected'
QUALIFY row_number() OVER (
    PARTITION BY user_id, event_time, action, object_id ORDER BY arrival, file, duration_ms, app_version
) = 1;

-- Sessions --------------------------------------------------------------------------------------------------
CREATE TABLE sessions AS
WITH gaps AS (
    SELECT *, lag(event_time) OVER (PARTITION BY user_id ORDER BY event_time, action, object_id) AS previous
    FROM silver
), numbered AS (
    SELECT *, count(*) FILTER (
        previous IS NULL OR event_time - previous >= INTERVAL 30 MINUTE OR previous::DATE <> event_date
    ) OVER (PARTITION BY user_id ORDER BY event_time, action, object_id ROWS UNBOUNDED PRECEDING) AS number
    FROM gaps
), grouped AS (
    SELECT
        user_id, number, min(event_time) AS session_start,
        max(event_time + to_milliseconds(duration_ms)) AS session_end,
        sum(duration_ms)::BIGINT AS engaged_ms, count(*) AS actions,
        min({'t': event_time, 'a': action, 'o': object_id}) AS entry,
        max({'t': event_time, 'a': action, 'o': object_id}) AS leave
    FROM numbered GROUP BY user_id, number
)
SELECT
    replace(replace(replace(user_id, '%', '%25'), '|', '%7C'), '#', '%23')
        || '#' || strftime(session_start, '%Y-%m-%dT%H:%M:%S.%fZ') AS session_id,
    user_id, session_start::DATE AS session_date, session_start,
    (epoch_ms(session_end) - epoch_ms(session_start)) * 0.001::DECIMAL(14, 3) AS duration_s,
    engaged_ms, actions, actions = 1 AS is_bounce,
    entry.a AS entry_action, entry.o AS entry_object_id, leave.a AS exit_action, leave.o AS exit_object_id
FROM grouped;

-- The dimension ---------------------------------------------------------------------------------------------
CREATE TABLE users AS
WITH read AS (
    SELECT *, fields_of(raw) AS f
    FROM landed_lines('notes/users/*/*.csv', 'notes/users/') WHERE line_number > 1 AND line <> ''
), accepted AS (
    SELECT
        arrival, file, raw, f[1] AS user_id, as_date(f[2]) AS join_date,
        nullif(f[3], '') AS country, nullif(f[4], '') AS device_type, nullif(f[5], '') AS subscription_type
    FROM read
    WHERE malformed(raw, f, 5) IS NULL AND f[1] <> '' AND (f[2] = '' OR as_date(f[2]) IS NOT NULL)
)
SELECT * FROM accepted
QUALIFY row_number() OVER (
    PARTITION BY arrival, user_id ORDER BY file DESC, join_date DESC NULLS LAST, raw DESC
) = 1;

-- User days -------------------------------------------------------------------------------------------------
CREATE TABLE user_days AS
WITH days AS (
    SELECT
        user_id, event_date, count(*) AS events, sum(duration_ms)::BIGINT AS engaged_ms,
        min(event_time) AS first_event_time, max(event_time) AS last_event_time
    FROM silver GROUP BY user_id, event_date
), with_snapshots AS (
    SELECT
        d.*, u.country, u.device_type, u.subscription_type,
        row_number() OVER (
            PARTITION BY d.user_id, d.event_date
            ORDER BY
                u.arrival::DATE <= d.event_date DESC,
                CASE WHEN u.arrival::DATE <= d.event_date THEN u.arrival END DESC,
                u.arrival
        ) AS rank
    FROM days d LEFT JOIN users u USING (user_id)
)
SELECT
    user_id, event_date, events, engaged_ms, first_event_time, last_event_time,
    coalesce(country, 'unknown') AS country,
    coalesce(device_type, 'unknown') AS device_type,
    coalesce(subscription_type, 'unknown') AS subscription_type
FROM with_snapshots WHERE rank = 1;

-- Active users ----------------------------------------------------------------------------------------------
-- Who was active when, inside the history: the user in all, the pair of user and value by dimension.
CREATE TABLE activity AS
SELECT DISTINCT dimension, value, user_id, event_date AS day
FROM (
    SELECT 'all' AS dimension, 'all' AS value, user_id, event_date FROM user_days
    UNION ALL SELECT 'country', country, user_id, event_date FROM user_days
    UNION ALL SELECT 'device_type', device_type, user_id, event_date FROM user_days
    UNION ALL SELECT 'subscription_type', subscription_type, user_id, event_date FROM user_days
)
WHERE event_date IN (SELECT day FROM calendar);

CREATE TABLE series AS
SELECT dimension, value, min(day) AS first_day FROM activity GROUP BY dimension, value;

CREATE MACRO distinct_in_window(days) AS TABLE
SELECT dimension, value, c.day, count(DISTINCT user_id) AS users
FROM calendar c JOIN activity a ON a.day BETWEEN c.day - (days - 1) AND c.day
GROUP BY dimension, value, c.day;

CREATE TABLE lifecycle AS
WITH on_day AS (
    SELECT
        *,
        EXISTS (FROM activity p WHERE p.dimension = a.dimension AND p.value = a.value AND p.user_id = a.user_id
            AND p.day BETWEEN a.day - 28 AND a.day - 1) AS in_p,
        EXISTS (FROM activity p WHERE p.dimension = a.dimension AND p.value = a.value AND p.user_id = a.user_id
            AND p.day < a.day - 28) AS in_earlier
    FROM activity a
)
SELECT
    dimension, value, day,
    count(*) FILTER (NOT in_p AND NOT in_earlier) AS new,
    count(*) FILTER (in_p) AS returning,
    count(*) FILTER (NOT in_p AND in_earlier) AS resurrected
FROM on_day GROUP BY dimension, value, day;

CREATE TABLE dormant AS
SELECT dimension, value, c.day, count(*) AS dormant
FROM calendar c JOIN activity a ON a.day = c.day - 28
WHERE NOT EXISTS (FROM activity l WHERE l.dimension = a.dimension AND l.value = a.value
    AND l.user_id = a.user_id AND l.day BETWEEN c.day - 27 AND c.day)
GROUP BY dimension, value, c.day;

CREATE TABLE active_users AS
WITH counted AS (
    SELECT
        s.dimension, s.value, c.*,
        coalesce(w1.users, 0) AS w1, coalesce(w7.users, 0) AS w7,
        coalesce(w28.users, 0) AS w28, coalesce(w30.users, 0) AS w30,
        coalesce(l.new, 0) AS l_new, coalesce(l.returning, 0) AS l_returning,
        coalesce(l.resurrected, 0) AS l_resurrected, coalesce(d.dormant, 0) AS d_dormant
    FROM series s
    JOIN closed c ON c.day >= s.first_day
    LEFT JOIN distinct_in_window(1) w1 ON (w1.dimension, w1.value, w1.day) = (s.dimension, s.value, c.day)
    LEFT JOIN distinct_in_window(7) w7 ON (w7.dimension, w7.value, w7.day) = (s.dimension, s.value, c.day)
    LEFT JOIN distinct_in_window(28) w28 ON (w28.dimension, w28.value, w28.day) = (s.dimension, s.value, c.day)
    LEFT JOIN distinct_in_window(30) w30 ON (w30.dimension, w30.value, w30.day) = (s.dimension, s.value, c.day)
    LEFT JOIN lifecycle l ON (l.dimension, l.value, l.day) = (s.dimension, s.value, c.day)
    LEFT JOIN dormant d ON (d.dimension, d.value, d.day) = (s.dimension, s.value, c.day)
)
SELECT
    strftime(day, '%Y-%m') AS event_month, day AS event_date, dimension, value,
    CASE WHEN has_1 THEN w1 END AS dau,
    CASE WHEN has_7 THEN w7 END AS rolling_7,
    CASE WHEN has_28 THEN w28 END AS rolling_28,
    CASE WHEN has_30 THEN w30 END AS rolling_30,
    CASE WHEN has_7 AND w7 > 0 THEN w1::DOUBLE / w7 END AS stickiness_7,
    CASE WHEN has_28 AND w28 > 0 THEN w1::DOUBLE / w28 END AS stickiness_28,
    CASE WHEN has_1 THEN l_new END AS new,
    CASE WHEN has_29 THEN l_returning END AS returning,
    CASE WHEN has_29 THEN l_resurrected END AS resurrected,
    CASE WHEN has_29 THEN d_dormant END AS dormant,
    is_missing
FROM counted;

-- Weeks and months ------------------------------------------------------------------------------------------
CREATE TABLE periods AS
SELECT DISTINCT
    unit, date_trunc(unit, day)::DATE AS first_day,
    (date_trunc(unit, day) + CASE unit WHEN 'week' THEN INTERVAL 7 DAY ELSE INTERVAL 1 MONTH END)::DATE - 1
        AS last_day
FROM calendar CROSS JOIN (VALUES ('week'), ('month')) u(unit);

CREATE TABLE active_in_periods AS
SELECT
    p.unit, p.first_day, s.dimension, s.value, is_complete(p.first_day, p.last_day) AS is_complete,
    count(DISTINCT a.user_id) AS users
FROM periods p
JOIN series s ON s.first_day <= p.last_day
LEFT JOIN activity a
    ON a.dimension = s.dimension AND a.value = s.value AND a.day BETWEEN p.first_day AND p.last_day
GROUP BY ALL;

CREATE TABLE active_users_week AS
SELECT first_day AS week_start, dimension, value, CASE WHEN is_complete THEN users END AS wau, is_complete
FROM active_in_periods WHERE unit = 'week';

CREATE TABLE active_users_month AS
SELECT first_day AS month_start, dimension, value, CASE WHEN is_complete THEN users END AS mau, is_complete
FROM active_in_periods WHERE unit = 'month';

-- Users' histories and retention ------------------------------------------------------------------------------
CREATE TABLE user_history AS
WITH own AS (SELECT user_id, day, min(day) OVER (PARTITION BY user_id) AS first_date FROM activity WHERE dimension = 'all'),
placed AS (
    SELECT
        user_id, first_date, day - first_date AS days_after,
        (date_trunc('week', day)::DATE - date_trunc('week', first_date)::DATE) // 7 AS weeks_after
    FROM own
)
SELECT
    p.user_id, p.first_date, d.country, d.device_type, d.subscription_type,
    bit_or(CASE WHEN days_after <= 62 THEN 1::BIGINT << days_after::BIGINT ELSE 0 END) AS day_bits,
    bit_or(CASE WHEN weeks_after <= 62 THEN 1::BIGINT << weeks_after::BIGINT ELSE 0 END) AS week_bits
FROM placed p
JOIN user_days d ON d.user_id = p.user_id AND d.event_date = p.first_date
GROUP BY ALL;

-- The least number of days within which 99.5 % of the rows that arrived on the 90 newest dates came.
CREATE TABLE usual_lateness AS
WITH newest AS (
    SELECT DISTINCT arrival::DATE AS arrived FROM event_files
    WHERE arrival::DATE <= (SELECT max(day) FROM calendar) ORDER BY arrived DESC LIMIT 90
),
late AS (
    SELECT greatest(0, arrival::DATE - event_date) AS days, count(*) AS rows
    FROM bronze JOIN newest ON arrived = arrival::DATE WHERE standing <> 'rejected' GROUP BY ALL
),
sums AS (SELECT days, sum(rows) OVER (ORDER BY days) AS so_far, sum(rows) OVER () AS every FROM late)
SELECT coalesce(min(days), 0) AS days FROM sums WHERE so_far * 1000 >= every * 995;

CREATE TABLE kinds AS SELECT * FROM (
    VALUES ('week', 'first_activity', 26, 7), ('day', 'first_activity', 30, 1), ('week', 'sign_up', 26, 7)
) k(period, cohort_by, last_after, days);

-- When users signed up, as known on the last closed date.
CREATE TABLE sign_ups AS
WITH placed AS (SELECT user_id, join_date, arrival, arrival::DATE <= (SELECT max(day) FROM calendar) AS is_known FROM users)
SELECT user_id, join_date FROM placed
QUALIFY row_number() OVER (
    PARTITION BY user_id ORDER BY is_known DESC, CASE WHEN is_known THEN arrival END DESC, arrival
) = 1;

-- since: the first date on which what a user did counts.
CREATE TABLE members AS
SELECT period, cohort_by, date_trunc(period, since)::DATE AS cohort_start, dimension, value, user_id, since
FROM kinds JOIN (
    SELECT 'first_activity' AS cohort_by, user_id, first_date AS since, 'all' AS dimension, 'all' AS value FROM user_history
    UNION ALL SELECT 'first_activity', user_id, first_date, 'country', country FROM user_history
    UNION ALL SELECT 'first_activity', user_id, first_date, 'device_type', device_type FROM user_history
    UNION ALL SELECT 'first_activity', user_id, first_date, 'subscription_type', subscription_type FROM user_history
    UNION ALL SELECT 'sign_up', user_id, join_date, 'all', 'all' FROM sign_ups WHERE join_date IS NOT NULL
) USING (cohort_by);

-- Each period after each cohort's: whether the history shows it, and its last day.
CREATE TABLE ages AS
SELECT
    period, cohort_by, last_after, cohort_start, after AS periods_after, cohort_start + (days * (after + 1) - 1)::INT AS last_day,
    is_complete(cohort_start + (days * after)::INT, cohort_start + (days * (after + 1) - 1)::INT) AS shows
FROM (SELECT DISTINCT k.*, date_trunc(period, day)::DATE AS cohort_start FROM kinds k CROSS JOIN calendar)
CROSS JOIN generate_series(0, last_after) g(after);

CREATE TABLE cohorts AS
SELECT period, cohort_by, cohort_start, dimension, value, count(user_id) AS size FROM (
    FROM members UNION ALL SELECT DISTINCT period, cohort_by, cohort_start, 'all', 'all', NULL, NULL::DATE FROM ages
) GROUP BY ALL;

CREATE TABLE came AS
SELECT DISTINCT
    m.*, CASE period WHEN 'week' THEN (date_trunc('week', a.day)::DATE - cohort_start) // 7 ELSE a.day - cohort_start END
        AS periods_after
FROM members m JOIN activity a ON a.dimension = 'all' AND a.user_id = m.user_id AND a.day >= m.since;

CREATE TABLE counted_cells AS
SELECT
    c.period, c.cohort_by, c.dimension, c.value, c.cohort_start, a.periods_after, c.size, a.last_day,
    max(a.last_day) OVER cohort AS last_day_of_all,
    first_value(a.shows) OVER (cohort ORDER BY a.periods_after) AS is_cohort,
    a.shows,
    bool_and(a.shows) OVER (cohort ORDER BY a.periods_after DESC) AS shows_all_later,
    (SELECT count(*) FROM came x WHERE (x.period, x.cohort_by, x.dimension, x.value, x.cohort_start, x.periods_after)
        = (c.period, c.cohort_by, c.dimension, c.value, c.cohort_start, a.periods_after)) AS bounded,
    (SELECT count(DISTINCT x.user_id) FROM came x WHERE (x.period, x.cohort_by, x.dimension, x.value, x.cohort_start)
        = (c.period, c.cohort_by, c.dimension, c.value, c.cohort_start)
        AND x.periods_after BETWEEN a.periods_after AND a.last_after) AS unbounded
FROM cohorts c JOIN ages a USING (period, cohort_by, cohort_start)
WINDOW cohort AS (PARTITION BY c.period, c.cohort_by, c.dimension, c.value, c.cohort_start);

CREATE MACRO wilson(share, trials, side) AS (
    (share + 1.959963984540054 ** 2 / (2 * trials)
        + side * 1.959963984540054 * sqrt(share * (1 - share) / trials + 1.959963984540054 ** 2 / (4 * trials ** 2)))
    / (1 + 1.959963984540054 ** 2 / trials)
)::DECIMAL(12, 9);

CREATE TABLE retention AS
WITH known AS (
    SELECT
        *, periods_after > 0 OR cohort_by = 'sign_up' AS has_interval, is_cohort AND shows AS has_bounded, is_cohort AND shows_all_later AS has_unbounded,
        bounded::DOUBLE / nullif(size, 0) AS bounded_rate, unbounded::DOUBLE / nullif(size, 0) AS unbounded_rate_,
        (SELECT max(day) FROM calendar) AS as_of, (SELECT days FROM usual_lateness) AS late_days
    FROM counted_cells
)
SELECT
    period, cohort_by, dimension, value, cohort_start, periods_after::INT AS periods_after,
    CASE WHEN is_cohort THEN size END AS size,
    CASE WHEN has_bounded THEN bounded END AS retained,
    CASE WHEN has_bounded THEN bounded_rate END AS rate,
    CASE WHEN has_bounded AND has_interval THEN wilson(bounded_rate, size, -1) END AS rate_low,
    CASE WHEN has_bounded AND has_interval THEN wilson(bounded_rate, size, 1) END AS rate_high,
    CASE WHEN has_bounded THEN if(as_of < last_day + late_days::INT, 'open', 'settled') END AS state,
    CASE WHEN has_unbounded THEN unbounded END AS unbounded_retained,
    CASE WHEN has_unbounded THEN unbounded_rate_ END AS unbounded_rate,
    CASE WHEN has_unbounded AND has_interval THEN wilson(unbounded_rate_, size, -1) END AS unbounded_rate_low,
    CASE WHEN has_unbounded AND has_interval THEN wilson(unbounded_rate_, size, 1) END AS unbounded_rate_high,
    CASE WHEN has_unbounded THEN if(as_of < last_day_of_all + late_days::INT, 'open', 'settled') END AS unbounded_state
FROM known
UNION ALL BY NAME
SELECT 'week' AS period, 'sign_up' AS cohort_by, 'all' AS dimension, 'all' AS value, count(*) AS size
FROM user_history ANTI JOIN (FROM sign_ups WHERE join_date IS NOT NULL) USING (user_id);

-- Sessions by day ----------------------------------------------------------------------------------------------
CREATE TABLE session_series AS
WITH told AS (
    SELECT s.*, d.country, d.device_type, d.subscription_type
    FROM sessions s JOIN user_days d ON d.user_id = s.user_id AND d.event_date = s.session_date
)
SELECT *, 'all' AS dimension, 'all' AS value FROM told
UNION ALL SELECT *, 'country', country FROM told
UNION ALL SELECT *, 'device_type', device_type FROM told
UNION ALL SELECT *, 'subscription_type', subscription_type FROM told;

CREATE TABLE session_days AS
WITH measured AS (
    SELECT
        session_date, dimension, value, count(*) AS n, sum(duration_s) AS length, sum(actions) AS actions,
        count(*) FILTER (is_bounce) AS bounces, list(duration_s ORDER BY duration_s) AS lengths
    FROM session_series GROUP BY ALL
)
SELECT
    a.event_date AS session_date, a.dimension, a.value, a.dau,
    CASE WHEN NOT is_missing THEN coalesce(n, 0) END AS sessions,
    CASE WHEN NOT is_missing THEN coalesce(length, 0) END::DECIMAL(24, 3) AS total_duration_s,
    CASE WHEN NOT is_missing THEN length::DOUBLE / n END AS mean_duration_s,
    CASE WHEN NOT is_missing THEN lengths[ceil(n / 2)::INT] END AS p50_duration_s,
    CASE WHEN NOT is_missing THEN lengths[ceil(n * 95 / 100)::INT] END AS p95_duration_s,
    CASE WHEN NOT is_missing THEN coalesce(actions, 0) END AS actions,
    CASE WHEN NOT is_missing THEN actions::DOUBLE / n END AS actions_per_session,
    CASE WHEN NOT is_missing THEN coalesce(bounces, 0) END AS bounces,
    CASE WHEN NOT is_missing THEN bounces::DOUBLE / n END AS bounce_rate,
    CASE WHEN a.dau > 0 THEN coalesce(n, 0)::DOUBLE / a.dau END AS sessions_per_active_user,
    is_missing
FROM active_users a
LEFT JOIN measured m ON (m.session_date, m.dimension, m.value) = (a.event_date, a.dimension, a.value);
