using Xunit;

// One host at a time, as in the end-to-end tests.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
