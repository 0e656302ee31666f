SELECT at.position, v.id, v.updated_at, v.process, v.status, v.step, v.reason, v.deadline, v.started_at, v.version
FROM (SELECT (SELECT position FROM orderflow_views.positions WHERE view = 'processes') AS position) at
LEFT JOIN orderflow_views.processes v ON v.tenant = $1::text AND v.id = $2::text
