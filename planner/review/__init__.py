"""The review of a plan in the browser: variants kept in a database, moves tried and priced, several people at once.

The only home of the web framework and of the database layer.
"""
