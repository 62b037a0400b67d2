-- Device effect: what should stand in device_effect, device_differences and device_pairs, but for the intervals, which
-- tests/convergence computes again. Run after oracle_latency.sql.
-- Ranks are counted by comparing cells with cells; medians are read off the sorted durations.

CREATE TABLE known_loads AS
SELECT strftime(period_start, '%Y-%m') AS month, period_start, app_version, device_type, duration_ms
FROM loads JOIN load_periods ON period = 'month' AND is_complete AND event_date BETWEEN period_start AND last_day
WHERE device_type <> 'unknown';

CREATE TABLE compared AS
SELECT month, app_version
FROM (SELECT month, app_version, device_type FROM known_loads GROUP BY ALL HAVING count(*) >= 100)
GROUP BY ALL HAVING count(*) >= 2;

CREATE TABLE device_strata AS
WITH versions AS (
    SELECT month, period_start, 'all' AS app_version, device_type, duration_ms FROM known_loads
    UNION ALL
    FROM known_loads SEMI JOIN compared USING (month, app_version)
)
SELECT month AS period_month, 'month' AS period, period_start, app_version, device_type, duration_ms FROM versions
UNION ALL
SELECT 'all', 'all', (SELECT min(period_start) FROM load_periods WHERE period = 'month' AND is_complete),
    app_version, device_type, duration_ms
FROM versions;

CREATE TABLE device_cells AS
SELECT period_month, period, period_start, app_version, device_type, bucket_of(duration_ms) AS bucket, count(*) AS n
FROM device_strata GROUP BY ALL;

CREATE TABLE device_bins AS
SELECT period_month, app_version, bucket, sum(n)::DOUBLE AS tied FROM device_cells GROUP BY ALL;

CREATE TABLE device_ranks AS
SELECT *, coalesce((
        SELECT sum(tied) FROM device_bins o
        WHERE (o.period_month, o.app_version) = (b.period_month, b.app_version) AND o.bucket < b.bucket
    ), 0) + (tied + 1) / 2 AS rank
FROM device_bins b;

-- Kruskal and Wallis with the correction for ties, over n - 1.
CREATE TABLE device_statistics AS
WITH sums AS (
    SELECT period_month, period, period_start, app_version, device_type, sum(n)::DOUBLE AS n, sum(n * rank) AS ranks
    FROM device_cells JOIN device_ranks USING (period_month, app_version, bucket) GROUP BY ALL
), ties AS (
    SELECT period_month, app_version, sum(tied ** 3 - tied) AS ties, count(*) AS bins FROM device_bins GROUP BY ALL
), whole AS (
    SELECT period_month, period, period_start, app_version, sum(n) AS n, count(*) AS devices, sum(ranks ** 2 / n) AS squares
    FROM sums GROUP BY ALL
)
SELECT
    period_month, period, period_start, app_version, n::BIGINT AS loads, devices >= 2 AND bins >= 2 AS tells,
    CASE WHEN devices >= 2 AND bins >= 2 THEN
        (12 / (n * (n + 1)) * squares - 3 * (n + 1)) / (1 - ties / (n ** 3 - n)) / (n - 1)
    END AS epsilon
FROM whole JOIN ties USING (period_month, app_version);

CREATE TABLE device_medians AS
SELECT
    period_month, period, period_start, app_version, device_type, count(*) AS loads,
    bucket_of(list_sort(list(duration_ms))[ceil(count(*) / 2)::INT]) AS middle
FROM device_strata GROUP BY ALL;

CREATE TABLE device_ratios AS
WITH middles AS (
    SELECT period_month, app_version, list(middle ORDER BY middle) AS m FROM device_medians GROUP BY ALL
), medians AS (
    SELECT *, (m[(len(m) + 1) // 2] + m[len(m) // 2 + 1]) / 2 AS median FROM middles
)
SELECT d.*, CASE WHEN tells THEN (1.01 / 0.99) ** (middle - median) END AS ratio
FROM device_medians d JOIN medians USING (period_month, app_version)
JOIN device_statistics s USING (period_month, app_version);

CREATE TABLE device_deltas AS
SELECT
    period_month, period, period_start, app_version, one.device_type, other.device_type AS other_device_type, tells,
    sum(one.n * other.n * sign(one.bucket - other.bucket)) / sum(one.n * other.n)::DOUBLE AS delta
FROM device_cells one JOIN device_cells other USING (period_month, period, period_start, app_version)
JOIN (SELECT period_month, app_version, tells FROM device_statistics) USING (period_month, app_version)
WHERE one.device_type < other.device_type
GROUP BY ALL;

CREATE MACRO size_of(epsilon) AS CASE
    WHEN epsilon < 0.01 THEN 'negligible' WHEN epsilon < 0.06 THEN 'small' WHEN epsilon < 0.14 THEN 'medium'
    WHEN epsilon IS NOT NULL THEN 'large'
END;

CREATE TABLE device_effect AS
WITH told AS (
    SELECT period_month, period, period_start, app_version, loads, epsilon FROM device_statistics
    UNION ALL
    SELECT period_month, period, period_start, 'stratified', sum(loads),
        sum(loads * epsilon) / sum(loads) FILTER (epsilon IS NOT NULL)
    FROM device_statistics WHERE app_version <> 'all' GROUP BY ALL
)
SELECT
    period_month, period, period_start, app_version, loads::BIGINT AS loads,
    epsilon::DECIMAL(12, 9) AS epsilon_squared, size_of(epsilon) AS effect_size, true AS is_complete
FROM told
UNION ALL
SELECT strftime(period_start, '%Y-%m'), 'month', period_start, 'all', if(is_complete, 0, NULL), NULL, NULL, is_complete
FROM load_periods
WHERE period = 'month' AND strftime(period_start, '%Y-%m') NOT IN (SELECT period_month FROM told);

CREATE TABLE device_differences AS
WITH weighed AS (
    SELECT r.*, s.loads AS weight FROM device_ratios r JOIN device_statistics s USING (period_month, app_version)
)
SELECT
    period_month, period, period_start, app_version, device_type, loads, ratio::DECIMAL(18, 9) AS p50_ratio
FROM device_ratios
UNION ALL
SELECT
    period_month, period, period_start, 'stratified', device_type, sum(loads),
    (sum(weight * ratio) / sum(weight) FILTER (ratio IS NOT NULL))::DECIMAL(18, 9)
FROM weighed WHERE app_version <> 'all' GROUP BY ALL;

CREATE TABLE device_pairs AS
WITH weighed AS (
    SELECT d.*, s.loads AS weight FROM device_deltas d JOIN device_statistics s USING (period_month, app_version)
)
SELECT
    period_month, period, period_start, app_version, device_type, other_device_type,
    CASE WHEN tells THEN delta END::DECIMAL(12, 9) AS cliffs_delta
FROM device_deltas
UNION ALL
SELECT
    period_month, period, period_start, 'stratified', device_type, other_device_type,
    (sum(weight * delta) FILTER (tells) / sum(weight) FILTER (tells))::DECIMAL(12, 9)
FROM weighed WHERE app_version <> 'all' GROUP BY ALL;
