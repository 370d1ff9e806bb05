"""What moderators can change: declared once, checked, saved with its audit line, or not at all."""
