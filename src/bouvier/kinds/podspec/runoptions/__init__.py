"""The options of `docker run`: one table for the API's check, the node, the commands and the documentation. Pure."""
