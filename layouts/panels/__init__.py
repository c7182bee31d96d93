"""The panels of the screens, one idea a file.

Knows each panel's markup. Refuses to know where its panel stands on the page.
"""
