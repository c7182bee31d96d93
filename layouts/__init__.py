"""What the screens are made of: view objects in, components out.

Knows markup, names and labels. Refuses to read state: whoever calls hands over everything that is shown.
"""
