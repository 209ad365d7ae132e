"""Networks described by tables: layer tables, training records, SCALE-Sim topologies."""
