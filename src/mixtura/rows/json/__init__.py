"""JSON: records, documents, and how their values are nested."""
