-- What the columns of each arrival hold. Run after oracle.sql.

CREATE TABLE profiled AS
SELECT arrival, unnest([
    {'column_name': 'event_time', 'value': strftime(event_time, '%Y-%m-%dT%H:%M:%S.%fZ'), 'number': NULL::BIGINT,
     'low': hour(event_time)::DOUBLE},
    {'column_name': 'user_id', 'value': user_id, 'number': NULL, 'low': NULL},
    {'column_name': 'action', 'value': action, 'number': NULL, 'low': NULL},
    {'column_name': 'object_id', 'value': object_id, 'number': NULL, 'low': NULL},
    {'column_name': 'duration_ms', 'value': duration_ms::VARCHAR, 'number': duration_ms,
     'low': CASE WHEN duration_ms = 0 THEN 0 ELSE 2.0::DOUBLE ** (len(ltrim(bin(duration_ms), '0')) - 1) END},
    {'column_name': 'app_version', 'value': app_version, 'number': NULL, 'low': NULL}
], recursive := true)
FROM bronze WHERE standing <> 'rejected';

CREATE TABLE profiles AS
WITH every AS (
    SELECT DISTINCT arrival, column_name FROM event_files CROSS JOIN (SELECT DISTINCT column_name FROM profiled)
), summed AS (
    SELECT
        arrival, column_name, count(*) AS rows, count(*) - count(value) AS nulls, count(DISTINCT value) AS n,
        min({'number': number, 'value': value}).value AS least, max({'number': number, 'value': value}).value AS greatest
    FROM profiled GROUP BY ALL
), valued AS (
    SELECT arrival, column_name, value, count(*) AS rows FROM profiled
    WHERE value IS NOT NULL AND column_name NOT IN ('event_time', 'user_id') GROUP BY ALL
), top AS (
    SELECT v.arrival, v.column_name,
        list({'value': v.value, 'rows': v.rows} ORDER BY v.rows DESC, v.value)[:10] AS top_values
    FROM valued v JOIN summed s USING (arrival, column_name) WHERE v.rows * 200 >= s.rows GROUP BY ALL
), binned AS (
    SELECT arrival, column_name, low, count(*) AS rows FROM profiled WHERE low IS NOT NULL GROUP BY ALL
), histograms AS (
    SELECT arrival, column_name, list({'low': low, 'rows': rows} ORDER BY low) AS histogram FROM binned GROUP BY ALL
)
SELECT
    arrival[:7] AS arrival_month, arrival, column_name, coalesce(rows, 0) AS rows, coalesce(nulls, 0) AS nulls,
    CASE WHEN column_name <> 'event_time' THEN coalesce(n, 0) END AS "distinct",
    CASE WHEN column_name <> 'user_id' THEN least END AS minimum,
    CASE WHEN column_name <> 'user_id' THEN greatest END AS maximum,
    coalesce(top_values, []) AS top_values, coalesce(histogram, []) AS histogram
FROM every
LEFT JOIN summed USING (arrival, column_name)
LEFT JOIN top USING (arrival, column_name)
LEFT JOIN histograms USING (arrival, column_name);
