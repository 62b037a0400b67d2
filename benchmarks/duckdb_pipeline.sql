-- The same tables from the same files by DuckDB, in the fastest plain form we found. Run by duckdb_pipeline.py.
--
-- Variables: landing and out, folders without a slash at their ends. `-- stage: NAME` begins a stage.
-- What was tried and was slower: keeping bronze and silver in memory instead of reading them back, flagging
-- duplicates in the sort of the sessions, a line as one column and split, a window join for rolling counts.
-- Not done here: counting the lines of the files from their bytes, looking at headers, line numbers of rejected
-- rows, checks, writes that are atomic and can be repeated, telling what is behind. Two kinds of lines come out
-- otherwise than in Tidebook, for DuckDB's reader hides them; no generated file holds one: a single comma too
-- many at the end of a line, and a comma inside quotes.

SET TimeZone = 'UTC';
SET preserve_insertion_order = false;

-- Where nearly every line is plain, the reader splits at commas; lines with quotes or with faults are judged
-- again from their text.
CREATE MACRO fields_of(raw) AS CASE
    WHEN regexp_full_match(raw, '("[^"]*(""[^"]*)*"|[^",]*)(,("[^"]*(""[^"]*)*"|[^",]*))*')
    THEN list_transform(
        regexp_extract_all(',' || raw, ',("[^"]*(""[^"]*)*"|[^",]*)', 1),
        lambda field: nullif(CASE
            WHEN starts_with(field, '"') THEN replace(field[2:-2], '""', '"') ELSE field
        END, ''))
END;
CREATE MACRO malformed(raw, fields, wanted) AS CASE
    WHEN raw IS NULL THEN 'invalid_utf8'
    WHEN fields IS NULL AND (len(raw) - len(replace(raw, '"', ''))) % 2 = 1 THEN 'unclosed_quote'
    WHEN fields IS NULL THEN 'stray_quote'
    WHEN len(fields) < wanted THEN 'too_few_fields'
    WHEN len(fields) > wanted THEN 'too_many_fields'
END;
CREATE MACRO as_time(text) AS CASE
    WHEN text[5] = '-' AND text[8] = '-' AND text[11] IN (' ', 'T') AND text[14] = ':' AND text[17] = ':'
    THEN try_cast(text AS TIMESTAMP)
END;
CREATE MACRO as_whole(text) AS CASE
    WHEN try_cast(text AS BIGINT)::VARCHAR = text OR regexp_full_match(text, '[+-]?\d+') THEN try_cast(text AS BIGINT)
END;
CREATE MACRO faults_of(raw, f, arrival) AS CASE
    WHEN malformed(raw, f, 6) IS NOT NULL THEN [malformed(raw, f, 6)]
    ELSE list_filter([
        CASE WHEN f[1] IS NULL THEN 'user_id_missing' END,
        CASE WHEN f[2] IS NULL THEN 'timestamp_missing' END,
        CASE WHEN f[2] IS NOT NULL AND as_time(f[2]) IS NULL THEN 'timestamp_not_timestamp' END,
        CASE WHEN f[3] IS NULL THEN 'action_type_missing' END,
        CASE WHEN f[4] IS NULL THEN 'page_id_missing' END,
        CASE WHEN f[5] IS NULL THEN 'duration_ms_missing' END,
        CASE WHEN f[5] IS NOT NULL AND as_whole(f[5]) IS NULL THEN 'duration_ms_not_integer' END,
        CASE WHEN as_whole(f[5]) NOT BETWEEN 0 AND 7200000 THEN 'duration_out_of_range' END,
        CASE WHEN f[6] IS NULL THEN 'app_version_missing' END,
        CASE WHEN as_time(f[2])::DATE > arrival + 1 THEN 'in_the_future' END,
        CASE WHEN as_time(f[2])::DATE < DATE '2023-01-01' THEN 'before_first_date' END
    ], lambda fault: fault IS NOT NULL)
END;
CREATE MACRO standing_of(event_date, arrival) AS CASE
    WHEN event_date = arrival THEN 'on_time' WHEN event_date < arrival THEN 'late' ELSE 'early'
END;

-- stage: bronze
COPY (
    WITH read AS (
        SELECT
            user_id, as_time(time_text) AS event_time, action, object_id, try_cast(duration_text AS BIGINT) AS duration_ms,
            app_version, time_text, duration_text,
            filename[len(getvariable('landing')) + 2:] AS file,
            filename[len(getvariable('landing')) + 15:len(getvariable('landing')) + 24]::DATE AS arrival
        FROM read_csv(
            getvariable('landing') || '/notes/events/*/*.csv',
            header = true, auto_detect = false, delim = ',', quote = '', escape = '', filename = true,
            store_rejects = true,
            columns = {
                'user_id': 'VARCHAR', 'time_text': 'VARCHAR', 'action': 'VARCHAR', 'object_id': 'VARCHAR',
                'duration_text': 'VARCHAR', 'app_version': 'VARCHAR'
            })
    ), passed AS (
        SELECT *, coalesce(
            user_id IS NOT NULL AND action IS NOT NULL AND object_id IS NOT NULL AND app_version IS NOT NULL
            AND duration_ms BETWEEN 0 AND 7200000 AND duration_ms::VARCHAR = duration_text
            AND event_time >= TIMESTAMP '2023-01-01' AND event_time::DATE <= arrival + 1
            AND NOT contains(user_id, '"') AND NOT contains(action, '"')
            AND NOT contains(object_id, '"') AND NOT contains(app_version, '"'), false) AS is_plain
        FROM read
    ), looked_at AS (
        SELECT *, CASE WHEN NOT is_plain THEN
            coalesce(user_id, '') || ',' || coalesce(time_text, '') || ',' || coalesce(action, '') || ','
            || coalesce(object_id, '') || ',' || coalesce(duration_text, '') || ',' || coalesce(app_version, '')
        END AS raw
        FROM passed
    ), split AS (
        SELECT *, CASE WHEN raw IS NOT NULL THEN fields_of(raw) END AS f FROM looked_at
    ), judged AS (
        SELECT *, CASE WHEN raw IS NOT NULL THEN nullif(faults_of(raw, f, arrival), []) END AS violations FROM split
    )
    SELECT
        CASE WHEN f IS NULL THEN event_time ELSE as_time(f[2]) END AS event_time,
        (CASE WHEN f IS NULL THEN event_time ELSE as_time(f[2]) END)::DATE AS event_date,
        CASE WHEN f IS NULL THEN user_id ELSE f[1] END AS user_id,
        CASE WHEN f IS NULL THEN action ELSE f[3] END AS action,
        CASE WHEN f IS NULL THEN object_id ELSE f[4] END AS object_id,
        CASE WHEN f IS NULL THEN duration_ms ELSE as_whole(f[5]) END AS duration_ms,
        CASE WHEN f IS NULL THEN app_version ELSE f[6] END AS app_version,
        file, CASE WHEN violations IS NOT NULL THEN raw END AS raw, violations, arrival,
        CASE WHEN violations IS NOT NULL THEN 'rejected' ELSE standing_of(event_date, arrival) END AS standing
    FROM judged
) TO (getvariable('out') || '/bronze') (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (arrival, standing));

-- Lines that the reader could not split in six.
COPY (
    WITH lines AS (
        SELECT
            file_path[len(getvariable('landing')) + 2:] AS file,
            file_path[len(getvariable('landing')) + 15:len(getvariable('landing')) + 24]::DATE AS arrival,
            CASE WHEN NOT bool_or(error_type = 'INVALID ENCODING') THEN any_value(csv_line) END AS raw
        FROM reject_errors JOIN reject_scans USING (scan_id, file_id)
        GROUP BY file_path, line_byte_position
    ), split AS (SELECT *, fields_of(raw) AS f FROM lines),
    judged AS (SELECT *, nullif(faults_of(raw, f, arrival), []) AS violations FROM split)
    SELECT
        as_time(f[2]) AS event_time, as_time(f[2])::DATE AS event_date, f[1] AS user_id, f[3] AS action,
        f[4] AS object_id, as_whole(f[5]) AS duration_ms, f[6] AS app_version,
        file, CASE WHEN violations IS NOT NULL THEN raw END AS raw, violations, arrival,
        CASE WHEN violations IS NOT NULL THEN 'rejected' ELSE standing_of(as_time(f[2])::DATE, arrival) END AS standing
    FROM judged
) TO (getvariable('out') || '/bronze') (
    FORMAT parquet, COMPRESSION zstd, PARTITION_BY (arrival, standing), FILENAME_PATTERN 'unsplit_{uuid}', APPEND
);

CREATE TEMP TABLE calendar AS
WITH arrivals AS (SELECT DISTINCT arrival FROM read_parquet(getvariable('out') || '/bronze/*/*/*.parquet')),
days AS (
    SELECT unnest(generate_series(
        (SELECT min(event_date) FROM read_parquet(getvariable('out') || '/bronze/*/standing=on_time/*.parquet')),
        (SELECT max(arrival) - 1 FROM arrivals),
        INTERVAL 1 DAY))::DATE AS event_date
), known AS (SELECT *, event_date NOT IN (SELECT arrival FROM arrivals) AS is_missing FROM days)
SELECT
    *, event_date - coalesce(
        max(CASE WHEN is_missing THEN event_date END) OVER (ORDER BY event_date ROWS UNBOUNDED PRECEDING),
        min(event_date) OVER () - 1) AS complete_days
FROM known;

-- stage: users
COPY (
    SELECT
        filename[len(getvariable('landing')) + 14:len(getvariable('landing')) + 23]::DATE AS arrival,
        user_id, try_cast(join_date AS DATE) AS join_date, coalesce(country, 'unknown') AS country,
        device_type, subscription_type, filename[len(getvariable('landing')) + 2:] AS file, count(*) OVER u AS copies
    FROM read_csv(
        getvariable('landing') || '/notes/users/*/*.csv',
        header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', filename = true, store_rejects = true,
        columns = {
            'user_id': 'VARCHAR', 'join_date': 'VARCHAR', 'country': 'VARCHAR', 'device_type': 'VARCHAR',
            'subscription_type': 'VARCHAR'
        })
    WHERE user_id IS NOT NULL AND (join_date IS NULL OR try_cast(join_date AS DATE) IS NOT NULL)
    WINDOW u AS (PARTITION BY filename[len(getvariable('landing')) + 14:len(getvariable('landing')) + 23], user_id)
    QUALIFY row_number() OVER (
        u ORDER BY filename DESC, join_date DESC NULLS LAST, country DESC NULLS LAST, device_type DESC NULLS LAST,
        subscription_type DESC NULLS LAST
    ) = 1
) TO (getvariable('out') || '/users') (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (arrival, country));

CREATE TEMP TABLE periods AS
SELECT
    user_id AS held_by,
    CASE WHEN row_number() OVER w = 1 THEN DATE '0001-01-01' ELSE arrival END AS valid_from,
    coalesce(lead(arrival) OVER w - 1, DATE '9999-12-31') AS valid_until,
    country, coalesce(device_type, 'unknown') AS device_type, coalesce(subscription_type, 'unknown') AS subscription_type
FROM read_parquet(getvariable('out') || '/users/*/*/*.parquet', hive_types = {'arrival': DATE})
WINDOW w AS (PARTITION BY user_id ORDER BY arrival);

-- stage: silver
CREATE TEMP VIEW accepted AS
SELECT event_time, event_date, user_id, action, object_id, duration_ms, app_version, arrival::VARCHAR AS arrival, file
FROM read_parquet(
    getvariable('out') || '/bronze/*/*/*.parquet', hive_types = {'arrival': DATE, 'standing': VARCHAR})
WHERE standing <> 'rejected';

-- Keys whose hash stands twice; a row whose hash stands once has no duplicate.
CREATE TEMP TABLE doubled AS
SELECT hash(user_id, event_time, action, object_id) AS key FROM accepted GROUP BY key HAVING count(*) > 1;

COPY (
    WITH alone AS (
        SELECT *, 1 AS copies FROM accepted
        WHERE hash(user_id, event_time, action, object_id) NOT IN (SELECT key FROM doubled)
    ), winners AS (
        SELECT *, count(*) OVER k AS copies FROM accepted
        WHERE hash(user_id, event_time, action, object_id) IN (SELECT key FROM doubled)
        WINDOW k AS (PARTITION BY user_id, event_time, action, object_id)
        QUALIFY row_number() OVER (k ORDER BY arrival, file, duration_ms, app_version) = 1
    ), events AS (FROM alone UNION ALL BY NAME FROM winners),
    cut AS (
        SELECT
            *,
            coalesce(event_time - lag(event_time) OVER w >= INTERVAL 30 MINUTE, true) AS is_session_entry,
            coalesce(lead(event_time) OVER w - event_time >= INTERVAL 30 MINUTE, true) AS is_session_exit
        FROM events
        WINDOW w AS (PARTITION BY user_id, event_date ORDER BY event_time, action, object_id)
    ), started AS (
        SELECT
            *, max(CASE WHEN is_session_entry THEN event_time END) OVER (
                PARTITION BY user_id, event_date ORDER BY event_time
            ) AS session_start
        FROM cut
    )
    SELECT
        event_time, event_date, user_id, action, object_id, duration_ms, app_version,
        coalesce(country, 'unknown') AS country, coalesce(device_type, 'unknown') AS device_type,
        coalesce(subscription_type, 'unknown') AS subscription_type,
        session_start, event_date AS session_date, is_session_entry, is_session_exit, copies, arrival, file
    FROM started LEFT JOIN periods ON user_id = held_by AND event_date BETWEEN valid_from AND valid_until
) TO (getvariable('out') || '/silver') (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (event_date));

CREATE TEMP VIEW silver AS
FROM read_parquet(getvariable('out') || '/silver/*/*.parquet', hive_types = {'event_date': DATE});

-- stage: sessions
COPY (
    SELECT
        replace(replace(replace(user_id, '%', '%25'), '|', '%7C'), '#', '%23')
            || '#' || strftime(session_start, '%Y-%m-%dT%H:%M:%S.%fZ') AS session_id,
        user_id, session_date, session_start,
        ((max(epoch_us(event_time) + 1000 * duration_ms) - epoch_us(session_start)) / 1000000)::DECIMAL(14, 3)
            AS duration_s,
        sum(duration_ms)::BIGINT AS engaged_ms, count(*) AS actions, count(*) = 1 AS is_bounce,
        max(action) FILTER (is_session_entry) AS entry_action, max(object_id) FILTER (is_session_entry) AS entry_object_id,
        max(action) FILTER (is_session_exit) AS exit_action, max(object_id) FILTER (is_session_exit) AS exit_object_id
    FROM silver GROUP BY user_id, session_date, session_start
) TO (getvariable('out') || '/sessions') (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (session_date));

-- stage: user_days
COPY (
    SELECT
        user_id, event_date, count(*) AS events, sum(duration_ms)::BIGINT AS engaged_ms,
        min(event_time) AS first_event_time, max(event_time) AS last_event_time,
        country, device_type, subscription_type
    FROM silver GROUP BY user_id, event_date, country, device_type, subscription_type
) TO (getvariable('out') || '/user_days') (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (event_date));

-- stage: active_users
CREATE TEMP TABLE days AS
SELECT user_id, event_date, country, device_type, subscription_type
FROM read_parquet(getvariable('out') || '/user_days/*/*.parquet', hive_types = {'event_date': DATE})
WHERE event_date IN (SELECT event_date FROM calendar);

CREATE TEMP VIEW activity AS
SELECT 'all' AS dimension, 'all' AS value, user_id, event_date FROM days
UNION ALL SELECT 'country', country, user_id, event_date FROM days
UNION ALL SELECT 'device_type', device_type, user_id, event_date FROM days
UNION ALL SELECT 'subscription_type', subscription_type, user_id, event_date FROM days;

-- A user's day counts until the user's next one or the end of the window: +1 where it begins, -1 where it ends.
CREATE TEMP TABLE spans AS
SELECT dimension, value, event_date, before, after, count(*) AS users
FROM (
    SELECT
        dimension, value, event_date,
        event_date - lag(event_date) OVER w AS before, lead(event_date) OVER w - event_date AS after
    FROM activity WINDOW w AS (PARTITION BY user_id, dimension, value ORDER BY event_date)
) GROUP BY ALL;

CREATE TEMP TABLE series AS
SELECT dimension, value, min(event_date) AS first_date FROM spans GROUP BY ALL;

CREATE TEMP TABLE grid AS
SELECT * FROM series JOIN calendar ON event_date >= first_date;

COPY (
    WITH steps AS (
        SELECT
            dimension, value, event_date, users AS dau, users AS up_7, users AS up_28, users AS up_30,
            CASE WHEN before IS NULL THEN users END AS new, CASE WHEN before <= 28 THEN users END AS returning_,
            NULL AS dormant
        FROM spans
        UNION ALL BY NAME
        SELECT dimension, value, event_date + least(coalesce(after, 7), 7)::INT AS event_date, -users AS up_7 FROM spans
        UNION ALL BY NAME
        SELECT dimension, value, event_date + least(coalesce(after, 28), 28)::INT AS event_date, -users AS up_28 FROM spans
        UNION ALL BY NAME
        SELECT dimension, value, event_date + least(coalesce(after, 30), 30)::INT AS event_date, -users AS up_30 FROM spans
        UNION ALL BY NAME
        SELECT dimension, value, event_date + 28 AS event_date, users AS dormant FROM spans
        WHERE after IS NULL OR after > 28
        UNION ALL BY NAME
        SELECT dimension, value, event_date, 0 AS dau FROM grid
    ), by_date AS (
        SELECT
            dimension, value, event_date,
            coalesce(sum(dau), 0) AS dau, coalesce(sum(new), 0) AS new, coalesce(sum(returning_), 0) AS returning_,
            coalesce(sum(dormant), 0) AS dormant, sum(sum(up_7)) OVER w AS rolling_7,
            sum(sum(up_28)) OVER w AS rolling_28, sum(sum(up_30)) OVER w AS rolling_30
        FROM steps GROUP BY dimension, value, event_date
        WINDOW w AS (PARTITION BY dimension, value ORDER BY event_date)
    )
    SELECT
        strftime(event_date, '%Y-%m') AS event_month, event_date, dimension, value,
        CASE WHEN complete_days >= 1 THEN dau END::BIGINT AS dau,
        CASE WHEN complete_days >= 7 THEN coalesce(rolling_7, 0) END::BIGINT AS rolling_7,
        CASE WHEN complete_days >= 28 THEN coalesce(rolling_28, 0) END::BIGINT AS rolling_28,
        CASE WHEN complete_days >= 30 THEN coalesce(rolling_30, 0) END::BIGINT AS rolling_30,
        CASE WHEN complete_days >= 7 AND rolling_7 > 0 THEN dau::DOUBLE / rolling_7::DOUBLE END AS stickiness_7,
        CASE WHEN complete_days >= 28 AND rolling_28 > 0 THEN dau::DOUBLE / rolling_28::DOUBLE END AS stickiness_28,
        CASE WHEN complete_days >= 1 THEN new END::BIGINT AS new,
        CASE WHEN complete_days >= 29 THEN returning_ END::BIGINT AS "returning",
        CASE WHEN complete_days >= 29 THEN dau - new - returning_ END::BIGINT AS resurrected,
        CASE WHEN complete_days >= 29 THEN dormant END::BIGINT AS dormant,
        is_missing
    FROM grid JOIN by_date USING (dimension, value, event_date)
) TO (getvariable('out') || '/active_users') (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (event_month));

-- stage: active_users_week
CREATE MACRO users_by(unit) AS TABLE
WITH counted AS (
    SELECT dimension, value, date_trunc(unit, event_date)::DATE AS first_day, count(DISTINCT user_id) AS users
    FROM activity GROUP BY ALL
), held AS (
    SELECT date_trunc(unit, event_date)::DATE AS first_day, count(*) FILTER (NOT is_missing) AS closed_days
    FROM calendar GROUP BY ALL
), periods AS (
    SELECT
        first_day,
        closed_days = (first_day + CASE unit WHEN 'week' THEN INTERVAL 7 DAY ELSE INTERVAL 1 MONTH END)::DATE - first_day
            AS is_complete
    FROM held
)
SELECT
    first_day, dimension, value, CASE WHEN is_complete THEN coalesce(users, 0) END AS users, is_complete
FROM periods JOIN series ON date_trunc(unit, first_date)::DATE <= first_day
LEFT JOIN counted USING (first_day, dimension, value);

COPY (SELECT first_day AS week_start, dimension, value, users AS wau, is_complete FROM users_by('week'))
TO (getvariable('out') || '/active_users_week.parquet') (FORMAT parquet, COMPRESSION zstd);

-- stage: active_users_month
COPY (SELECT first_day AS month_start, dimension, value, users AS mau, is_complete FROM users_by('month'))
TO (getvariable('out') || '/active_users_month.parquet') (FORMAT parquet, COMPRESSION zstd);
