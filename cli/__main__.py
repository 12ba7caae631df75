"""The way in: `handoff`, and `python -m cli`."""

import gc


def main() -> None:
    """Run the command; the exit codes are in the README."""
    gc.disable()  # nothing that importing makes is ever garbage, and looking through it takes a tenth of the start
    from cli.app import app

    gc.freeze()
    gc.enable()
    app()


if __name__ == "__main__":
    main()
