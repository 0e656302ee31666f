SELECT to_regclass('orderflow_views.meta') IS NOT NULL
