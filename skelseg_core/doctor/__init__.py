"""Doctor: what may be wrong with a project or a video, each with a fix where one is.

A check reads, and changes nothing. What it finds is a `Finding`; where something can
be done about it, that is a `Fix`, applied when somebody asks for it.
"""
