SELECT id FROM kinds WHERE name = ?1
