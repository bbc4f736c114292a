"""What reading a stream costs, ours and others', side by side: `make bench` prints it, nothing asserts it.

Every decoder gets the same bytes in the same pieces from the same kind of response, in one run and in turns, so that a
noisy machine is noisy for all of them. The figures are CPU time, in microseconds an event.
"""
