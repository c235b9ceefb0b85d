"""The storage drivers of one host, and the actor that makes, grows, keeps and removes volumes with them."""
