"""Progress, links and failures out of the prose of many upstreams: pure, fed with text, by grammar as tables."""
