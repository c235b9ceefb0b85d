"""What everybody who deals with claims and volumes must agree on: names, and small questions. Pure."""
