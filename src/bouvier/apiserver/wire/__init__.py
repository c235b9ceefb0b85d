"""How objects travel: JSON, protobuf bodies, tables and partial metadata."""
