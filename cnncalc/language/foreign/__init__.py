"""Texts of other tools and of papers, as a text of the language that is proposed for them.

Loaded on the way to an error alone. A text is proposed only where everything in it is understood, and only after it
has been read; it is never read in place of what was written.
"""
