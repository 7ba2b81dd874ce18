"""The release controller: takes a ModelRelease through its gates to all traffic, or back to what was there before."""
