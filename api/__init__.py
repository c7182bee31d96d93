"""Sockets and HTTP for machines and for the page's scripts.

Knows transport. Refuses to know rules and to build any record itself: it hands out what data/views.py makes.
"""
