"""Who said yes to what: asked once in words whose version is kept, withdrawn with one tap.

A consent holds for one feature in one server. It is asked for again every half year, and words of
a newer version are asked about anew; silence is never a yes.
"""
