-- Load times: what should stand in latency_buckets and latency. Run after oracle.sql.
-- Quantiles are read off the sorted durations themselves; a bucket only gives the value that stands for it.

CREATE TABLE loads AS
SELECT event_date, app_version, device_type, action, duration_ms
FROM silver JOIN user_days USING (user_id, event_date)
WHERE action = 'page_view';

CREATE MACRO bucket_of(ms) AS CASE WHEN ms = 0 THEN -1 ELSE ceil(ln(ms) / ln(1.01 / 0.99))::INT END;
CREATE MACRO stands_for(bucket) AS
    CASE WHEN bucket = -1 THEN 0 ELSE 2 * (1.01 / 0.99) ** bucket / (1.01 / 0.99 + 1) END::DECIMAL(18, 6);

CREATE TABLE latency_buckets AS
SELECT event_date, app_version, device_type, action, bucket_of(duration_ms) AS bucket, count(*) AS loads
FROM loads GROUP BY ALL
UNION ALL
-- A date's other events: a row without a bucket.
SELECT DISTINCT event_date, NULL, NULL, NULL, NULL, 0 FROM silver WHERE action <> 'page_view';

CREATE TABLE load_periods AS
SELECT 'day' AS period, day AS period_start, day AS last_day, NOT is_missing AS is_complete FROM calendar
UNION ALL SELECT unit, first_day, last_day, is_complete(first_day, last_day) FROM periods
UNION ALL SELECT 'all', min(day), max(day), true FROM calendar;

CREATE TABLE load_series AS
SELECT event_date, duration_ms, 'all' AS dimension, 'all' AS value FROM loads
UNION ALL SELECT event_date, duration_ms, 'app_version', app_version FROM loads
UNION ALL SELECT event_date, duration_ms, 'device_type', device_type FROM loads;

-- Numbers with their number of digits in front; what follows the first - comes before the release.
CREATE MACRO numbers_in_order(text) AS array_to_string(list_transform(
    regexp_extract_all(text, '[0-9]+|[^0-9]+'),
    lambda part: CASE
        WHEN part[1] NOT BETWEEN '0' AND '9' THEN part
        WHEN ltrim(part, '0') = '' THEN '010'
        ELSE lpad(len(ltrim(part, '0'))::VARCHAR, 2, '0') || ltrim(part, '0')
    END), '');
CREATE MACRO in_order(version) AS CASE WHEN contains(version, '-')
    THEN numbers_in_order(split_part(version, '-', 1)) || ' ' || numbers_in_order(version[instr(version, '-') + 1:])
    ELSE numbers_in_order(version) || '!'
END;

CREATE TABLE latency AS
WITH measured AS (
    SELECT
        p.period, p.period_start, p.is_complete, s.dimension, s.value, count(*) AS n,
        list(duration_ms ORDER BY duration_ms) AS sorted
    FROM load_periods p
    JOIN load_series s ON s.event_date BETWEEN p.period_start AND p.last_day
    WHERE s.event_date IN (SELECT day FROM calendar)
    GROUP BY ALL
), every AS (
    FROM measured
    UNION ALL
    SELECT period, period_start, is_complete, 'all', 'all', 0, [] FROM load_periods p
    WHERE NOT EXISTS (FROM measured m WHERE (m.period, m.period_start, m.dimension) = (p.period, p.period_start, 'all'))
)
SELECT
    CASE WHEN period = 'all' THEN 'all' ELSE strftime(period_start, '%Y-%m') END AS period_month,
    period, period_start, dimension, value,
    CASE WHEN dimension = 'app_version' THEN in_order(value) END AS version_order,
    CASE WHEN is_complete THEN n END AS loads,
    CASE WHEN is_complete THEN stands_for(bucket_of(sorted[ceil(n * 50 / 100)::INT])) END AS p50,
    CASE WHEN is_complete THEN stands_for(bucket_of(sorted[ceil(n * 75 / 100)::INT])) END AS p75,
    CASE WHEN is_complete THEN stands_for(bucket_of(sorted[ceil(n * 95 / 100)::INT])) END AS p95,
    CASE WHEN is_complete THEN stands_for(bucket_of(sorted[ceil(n * 99 / 100)::INT])) END AS p99,
    CASE WHEN is_complete THEN n < 100 END AS is_few,
    is_complete
FROM every;
