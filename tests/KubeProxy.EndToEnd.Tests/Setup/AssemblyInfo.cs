using Xunit;

// One host at a time: a machine with two cores has no room for more, and a story's counters are its host's alone.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
