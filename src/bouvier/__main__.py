"""`python -m bouvier` is the `bouvier` command."""

from bouvier.cli import main

if __name__ == "__main__":
    main()
