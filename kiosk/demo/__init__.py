"""A whole site on this machine: simulators, stations, a scripted day, and proof that the books agree."""
