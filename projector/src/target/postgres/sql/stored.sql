SELECT g.generation, g.version, g.role, g.paused, g.shape, array_agg(c.position ORDER BY c.slice)
FROM generations AS g JOIN checkpoints AS c USING (view, generation)
WHERE g.view = $1
GROUP BY g.view, g.generation
