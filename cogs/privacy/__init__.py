"""What is stored about you: shown, exported and erased, by yourself and at once.

Promises: a member sees in words what is kept; gets it as a file; erases it with one tap and a
receipt. What others hold for their own safety (an audit line, later a block or a report) is
neither shown nor erased here, and the page says that it may exist.
"""
