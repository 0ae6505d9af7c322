"""Bad inputs as a table: each row an input, the fault it must give, the remedy; checked by ``test_bad_input.py``."""
