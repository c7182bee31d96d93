"""May it happen? Every command's rule, one file per subject.

A rule looks at the board and a command and gives a Verdict: a Decision, and when it is yes the events
that follow and the refs the answer stands on. It changes nothing. `decide` routes a command to its
rule after two questions common to all: may this role give such a command, and is what the asker had
seen still so?
"""

from domain.rules.decide import decide
from domain.rules.verdict import Facts, Scene, Verdict, scene_of

__all__ = ["Facts", "Scene", "Verdict", "decide", "scene_of"]
