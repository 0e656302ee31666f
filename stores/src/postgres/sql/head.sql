SELECT position FROM orderflow_events.head
