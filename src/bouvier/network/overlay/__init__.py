"""How pod networks of several hosts reach each other."""
