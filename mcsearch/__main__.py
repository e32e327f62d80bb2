"""python -m mcsearch"""

from mcsearch.cli.app import main

if __name__ == "__main__":
    main()
