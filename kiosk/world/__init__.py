"""Whole sites from a seed, in virtual time, with faults: how the promise about the money is measured."""
