"""Files of columns (Parquet, Arrow IPC, ORC, Avro), and files read part by part."""
