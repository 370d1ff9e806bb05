"""Makes the pictures of docs/style.md from what the bot says in its own tests.

`python -m docs.gallery` runs the tests of the features and writes down what each function that
builds a message, and each form, was given and gave, in English and, with the same values, in
Spanish; then it shows both in a simulated server and takes a picture. So a new message needs no
line here, and what is pictured is what the bot says.
"""
