"""Flow control: no client gets more of the server than its share while others want theirs (`design/flow.md`)."""
