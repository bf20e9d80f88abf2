"""`python -m monitor` is the console script."""

from monitor.commands.app import main

if __name__ == "__main__":
    main()
