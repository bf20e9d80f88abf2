"""The method's figures worked out a second time, in plain pandas, from bars and supplies alone.

Written from the method, not from the engine: nothing here imports ``monitor.analytics``, ``monitor.detection`` or
``monitor.engine``. It sees a whole history at once and is slow; the engine sees one interval at a time. Where the method
leaves a choice, the choice is stated where it is made.
"""
