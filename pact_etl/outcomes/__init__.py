"""What happened after a letter, as pure functions on frames: windows, rates, costs, suppression.

Nothing here says whether a letter *caused* anything. A letter that does nothing shows a large drop
too, because it is sent when a student's absences peak; so a change is always labelled as none.
"""
