INSERT INTO retired (view, generation) VALUES ($1, $2)
