SELECT view, position FROM orderflow_views.positions
