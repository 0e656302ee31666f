SELECT id, name FROM kinds WHERE id > ?1
