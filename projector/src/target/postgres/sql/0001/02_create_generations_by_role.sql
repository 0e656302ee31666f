CREATE UNIQUE INDEX generations_by_role ON orderflow_views.generations (view, role)
