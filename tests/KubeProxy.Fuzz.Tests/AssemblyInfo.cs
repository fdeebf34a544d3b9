// One run at a time: each has a process of its own, and all have the same instrumented copy.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]
