INSERT INTO generations (view, generation, version, role, shape) VALUES ($1, $2, $3, $4, $5)
