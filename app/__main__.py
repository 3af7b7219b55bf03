"""`python -m app`."""

import gc

gc.disable()  # imports create little garbage, and the search for it takes an eighth of their time

from app.cli.main import main  # noqa: E402 - see above

gc.enable()

if __name__ == "__main__":
    main()
