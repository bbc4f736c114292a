"""What Matinee costs and what others cost, side by side: `make bench` prints it, nothing asserts it.

Reading a stream: every decoder gets the same bytes in the same pieces from the same kind of response, in one run and in
turns, so that a noisy machine is noisy for all of them; CPU time in microseconds an event. Then what an edit on
Discord costs in CPU time, and what an idle bot holds in memory.
"""
