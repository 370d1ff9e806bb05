"""The features of Alongside, one folder each."""
