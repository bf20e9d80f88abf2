"""What comes in from venues and vendors: asked for, checked, written once, gaps and faults told apart.

``venues`` knows each venue's own ways, ``exchange`` speaks to it through ccxt, ``validation`` believes or refuses.
"""
