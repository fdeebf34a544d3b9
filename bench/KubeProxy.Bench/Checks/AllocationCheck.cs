using System.Reflection;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;

namespace KubeProxy.Bench.Checks;

/// <summary>
/// Runs every benchmark with every parameter and counts the managed bytes that its thread allocates: exact, unlike a
/// difference of heap sizes. It first shows that it sees a planted allocation of a single object.
/// </summary>
internal sealed class AllocationCheck(ExpectedAllocations expected)
{
    private const int WarmInvocations = 40;
    private const int Invocations = 64;
    private int _faults;

    /// <summary>Zero when nothing allocates more than expected.</summary>
    public int Run()
    {
        if (BytesOf(new Planted(), typeof(Planted).GetMethod(nameof(Planted.Allocate))!) == 0)
        {
            Console.WriteLine("FAILED: the check does not see a planted allocation");
            return 1;
        }

        HashSet<string> names = [];
        foreach (Type type in BenchmarkTypes)
        {
            foreach (BenchmarkCase benchmark in BenchmarkConverter.TypeToBenchmarks(type).BenchmarksCases)
                names.Add(Check(benchmark));
        }

        foreach (string name in expected.Unknown(names))
            Fault($"{name}: in expected-allocations.json, but there is no such benchmark");
        Console.WriteLine(_faults == 0 ? "allocations as expected" : $"FAILED: {_faults} faults");
        return _faults == 0 ? 0 : 1;
    }

    public static IEnumerable<Type> BenchmarkTypes => typeof(AllocationCheck).Assembly.GetTypes()
        .Where(type => type is { IsPublic: true, IsAbstract: false } && type.GetMethods().Any(method => method.IsDefined(typeof(BenchmarkAttribute), inherit: true)));

    private string Check(BenchmarkCase benchmark)
    {
        string name = $"{benchmark.Descriptor.Type.Name}.{benchmark.Descriptor.WorkloadMethod.Name}";
        string title = $"{name} {benchmark.Parameters.DisplayInfo}".TrimEnd();
        object instance = Activator.CreateInstance(benchmark.Descriptor.Type)!;
        foreach (var parameter in benchmark.Parameters.Items)
            benchmark.Descriptor.Type.GetProperty(parameter.Name)!.SetValue(instance, parameter.Value);
        benchmark.Descriptor.GlobalSetupMethod?.Invoke(instance, null);
        long bytes = BytesOf(instance, benchmark.Descriptor.WorkloadMethod);
        benchmark.Descriptor.GlobalCleanupMethod?.Invoke(instance, null);
        if (expected.Of(name) is not { } allowed)
            Fault($"{title}: {bytes} bytes, not in expected-allocations.json");
        else if (bytes > allowed)
            Fault($"{title}: {bytes} bytes an invocation, expected at most {allowed}");
        else
            Console.WriteLine($"{title}: {bytes} bytes, at most {allowed} expected");
        return name;
    }

    /// <summary>Bytes an invocation, rounded up.</summary>
    private static long BytesOf(object instance, MethodInfo method)
    {
        Action invoke = Invoker(instance, method);
        for (int i = 0; i < WarmInvocations; i++)
            invoke();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Invocations; i++)
            invoke();
        return (GC.GetAllocatedBytesForCurrentThread() - before + Invocations - 1) / Invocations;
    }

    private static Action Invoker(object instance, MethodInfo method)
    {
        if (method.ReturnType == typeof(uint))
            return Discard(method.CreateDelegate<Func<uint>>(instance));
        return method.ReturnType == typeof(ulong) ? Discard(method.CreateDelegate<Func<ulong>>(instance)) : method.CreateDelegate<Action>(instance);
    }

    private static Action Discard<T>(Func<T> function) => () => _ = function();

    private void Fault(string text)
    {
        _faults++;
        Console.WriteLine($"FAILED: {text}");
    }

    private sealed class Planted
    {
        private object? _kept;

        public void Allocate() => _kept = _kept is null ? new object() : new Planted();
    }
}
